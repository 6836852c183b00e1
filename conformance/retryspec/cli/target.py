"""Which servers a command is about: those of a target file, or a reference server that runs meanwhile."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path

from retryspec.errors import UsageError

__all__ = ["target_file"]


@contextmanager
def target_file(target: Path | None, reference: bool, slugs: Sequence[str]) -> Iterator[Path]:
    """The target file that was given, or one for a reference server that runs meanwhile.

    Raises:
        UsageError: both were asked for, or neither.
    """
    if reference == (target is not None):
        raise UsageError("Give one of --target FILE and --reference: there is no default server.")
    if target is not None:
        yield target
        return
    from retryspec.reference.target import reference_target

    # While the server starts in its process, this one loads what it needs next.
    threading.Thread(target=_load_the_suite, daemon=True).start()
    with reference_target(slugs, apart=True) as file:
        yield file


def _load_the_suite() -> None:
    # What is missing is said by whoever needs it.
    with suppress(ImportError):
        for module in ("retryspec.runner", "retryspec.plugin", "retryspec.report", "retryspec.console"):
            import_module(module)
