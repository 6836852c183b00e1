"""A reference server for the length of a check run, and the target file that names it."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from retryspec.reference.apis import api_slugs, server_of
from retryspec.reference.app import application
from retryspec.reference.serve import running

__all__ = ["reference_target", "target_text"]


@contextmanager
def reference_target(slugs: Sequence[str] = (), variations: Sequence[str] = ()) -> Iterator[Path]:
    """Serve the APIs on a free loopback port while the block lasts, and give a target file that names them.

    Args:
        slugs: the APIs; all if none is named.
        variations: names of faulty or lenient servers to take in place of the reference.

    Raises:
        UsageError: there is no reference server for an API.
    """
    chosen = tuple(slugs) or tuple(api_slugs())
    app = application(chosen, provider_states=True, variations=variations)
    with running(app) as base_url, tempfile.TemporaryDirectory(prefix="retryspec-") as folder:
        file = Path(folder) / "target.toml"
        file.write_text(target_text(base_url, chosen), encoding="utf-8")
        yield file


def target_text(base_url: str, slugs: Sequence[str]) -> str:
    """The target file for a reference server with the default credentials and provider states."""
    lines = []
    for slug in slugs:
        server = server_of(slug)
        values = {
            "base_url": base_url + getattr(server, "base_path", ""),
            "states_url": f"{base_url}/_states",
            **server.default_credentials,
        }
        # A JSON string is a TOML string as well.
        lines += [f"[{slug}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items()), ""]
    return "\n".join(lines)
