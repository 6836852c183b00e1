"""A reference server that runs, with provider states, and the target file that leads to it."""

import json
import multiprocessing
import signal
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path

from retryspec.errors import RunError, UsageError

__all__ = ["reference_target"]


_START_SECONDS = 30
_STOP_SECONDS = 5


@contextmanager
def reference_target(
    slugs: Sequence[str] = (), *, variations: Sequence[str] = (), apart: bool = False
) -> Iterator[Path]:
    """Give the target file of a reference server that runs for as long as the block lasts.

    Args:
        slugs: The APIs; all of them if none is named.
        variations: The names of faulty or lenient servers to take in place of the reference.
        apart: Whether it runs in a process of its own, so that it does not share a core with who calls it.
    """
    served = _served_apart if apart else _served_here
    with served(slugs, variations) as text, tempfile.TemporaryDirectory(prefix="retryspec-") as folder:
        file = Path(folder) / "target.toml"
        file.write_text(text, encoding="utf-8")
        yield file


@contextmanager
def _served_here(slugs: Sequence[str], variations: Sequence[str]) -> Iterator[str]:
    # Loaded where it is needed: who starts another process for it can do without, and starts it sooner.
    from retryspec.reference.app import application
    from retryspec.reference.serve import running

    with running(application(slugs, provider_states=True, variations=variations)) as base_url:
        yield _target_text(slugs, base_url)


@contextmanager
def _served_apart(slugs: Sequence[str], variations: Sequence[str]) -> Iterator[str]:
    context = multiprocessing.get_context("spawn")
    ours, its = context.Pipe()
    process = context.Process(target=_serve_until_told, args=(slugs, variations, its), name="reference", daemon=True)
    process.start()
    its.close()
    try:
        yield _told_target(ours)
    finally:
        ours.close()
        process.join(_STOP_SECONDS)
        if process.is_alive():
            process.kill()
            process.join()


def _told_target(pipe: Connection) -> str:
    with suppress(EOFError):
        if pipe.poll(_START_SECONDS):
            told: str | Exception = pipe.recv()
            if isinstance(told, Exception):
                raise told
            return told
    raise RunError("the reference server did not start; see what its process said above")


def _serve_until_told(slugs: Sequence[str], variations: Sequence[str], pipe: Connection) -> None:
    """Serve until the other end of the pipe is closed, as it is when its process ends in whatever way."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for who started this
    try:
        with _served_here(slugs, variations) as text:
            pipe.send(text)
            with suppress(EOFError):
                pipe.recv()
    except (UsageError, ImportError) as error:  # a wrong name, or a package that is not installed
        pipe.send(error)


def _target_text(slugs: Sequence[str], base_url: str) -> str:
    from retryspec.reference.apis import api_slugs, server_of
    from retryspec.reference.states import PATH

    lines: list[str] = []
    for slug in slugs or api_slugs():
        values = {**server_of(slug).target(base_url), "states_url": base_url + PATH}
        # What JSON says of a text, true or false, TOML says as well.
        lines += [f"[{slug}]", *(f"{name} = {json.dumps(value)}" for name, value in values.items()), ""]
    return "\n".join(lines)
