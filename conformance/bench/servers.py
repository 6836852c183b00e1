"""Servers under measure: the reference server or one of its variations, in a process of its own."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from retryspec.reference.apis import server_of

__all__ = ["served", "target_text"]

SECONDS = 20.0


@contextmanager
def served(faults: Sequence[str] = (), *, package: Path | None = None) -> Iterator[str | None]:
    """A server with provider states; its base URL, or None where it does not start.

    Args:
        faults: the names of variations.
        package: a folder that holds a changed copy of the package, to be served instead.
    """
    command = [sys.executable, "-m", "retryspec", "serve", "--port", "0", "--provider-states"]
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    if package is not None:
        env["PYTHONPATH"] = str(package)
    with tempfile.TemporaryDirectory(prefix="retryspec-") as folder:
        process = subprocess.Popen(
            [*command, *(word for fault in faults for word in ("--fault", fault))],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=folder, env=env, text=True,
        )  # fmt: skip
        try:
            assert process.stdout is not None
            found = re.search(r"http://\S+", process.stdout.readline())
            yield found[0] if found else None
        finally:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


def target_text(slug: str, base_url: str, *, changed: Callable[[str], str] = lambda url: url) -> str:
    """The table of a target file that leads to a server; `changed` puts something before it."""
    import json

    values = {**server_of(slug).target(changed(base_url)), "states_url": f"{changed(base_url)}/_states"}
    return f"[{slug}]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())
