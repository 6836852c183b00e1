"""Reads files that come from elsewhere: up to a bound, and without waiting for ever for what is no file."""

import os
import select
import stat
import time
from pathlib import Path

from retryspec.errors import UsageError

__all__ = ["read_outside"]

PATIENCE = 10.0
"""Seconds for something that has no length, such as a pipe, to come to its end."""

_PIECE = 1024 * 1024


def read_outside(path: Path, what: str, most: int) -> bytes:
    """The bytes of a file.

    Args:
        path: where it is; it may be a pipe or a device.
        what: what it should be, in words.
        most: the most bytes that it may have.

    Raises:
        UsageError: it cannot be read, is too long, or does not come to its end.
    """
    # Without O_NONBLOCK it is the opening already that waits for somebody to write into a pipe.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        opened = os.open(path, flags)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(f"{path}: the {what} cannot be read: {reason}.") from None
    try:
        waits = not stat.S_ISREG(os.fstat(opened).st_mode)
        # One byte more than there may be: what is no regular file does not tell its length.
        raw = _read(opened, most + 1, time.monotonic() + PATIENCE if waits else None)
    except TimeoutError:
        raise UsageError(f"{path}: the {what} did not come to its end within {PATIENCE:g} s.") from None
    except OSError as error:
        raise UsageError(f"{path}: the {what} cannot be read: {error.strerror}.") from None
    finally:
        os.close(opened)
    if len(raw) > most:
        raise UsageError(f"{path}: the {what} is longer than {most} bytes.")
    return raw


def _read(opened: int, most: int, until: float | None) -> bytes:
    pieces: list[bytes] = []
    left = most
    while left:
        if until is not None:
            ready, _, _ = select.select([opened], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise TimeoutError
        piece = os.read(opened, min(_PIECE, left))
        if not piece:
            break
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)
