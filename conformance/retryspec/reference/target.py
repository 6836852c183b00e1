"""A reference server that runs, with provider states, and the target file that leads to it."""

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from retryspec.reference.apis import api_slugs, server_of
from retryspec.reference.app import application
from retryspec.reference.serve import running
from retryspec.reference.states import PATH

__all__ = ["reference_target"]


@contextmanager
def reference_target(slugs: Sequence[str] = (), *, variations: Sequence[str] = ()) -> Iterator[Path]:
    """Give the target file of a reference server that runs for as long as the block lasts.

    Args:
        slugs: The APIs; all of them if none is named.
        variations: The names of faulty or lenient servers to take in place of the reference.
    """
    chosen = list(slugs) or api_slugs()
    app = application(chosen, provider_states=True, variations=variations)
    with running(app) as base_url, tempfile.TemporaryDirectory(prefix="retryspec-") as folder:
        file = Path(folder) / "target.toml"
        tables = {slug: {**server_of(slug).target(base_url), "states_url": base_url + PATH} for slug in chosen}
        file.write_text("\n".join(_table(slug, values) for slug, values in tables.items()), encoding="utf-8")
        yield file


def _table(slug: str, values: Mapping[str, str | bool]) -> str:
    # What JSON says of a text, true or false, TOML says as well.
    return "\n".join([f"[{slug}]", *(f"{name} = {json.dumps(value)}" for name, value in values.items()), ""])
