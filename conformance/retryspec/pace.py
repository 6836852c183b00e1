"""Keeps a run from sending more requests a second than it was told."""

import threading
import time
from functools import lru_cache

from retryspec.errors import RunError

__all__ = ["Pace", "TooManyAtOnce", "pace_of"]


class TooManyAtOnce(RunError):
    """Raised where more requests would have to go out at one moment than may in a second."""


class Pace:
    """Gives out the moments at which requests may go; safe to use from several threads.

    Args:
        rate: the most requests in any second.
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._free_at = 0.0
        self._lock = threading.Lock()

    def wait(self, requests: int, ends_at: float | None = None) -> None:
        """Wait until so many requests may go out together, or until `ends_at` (`time.monotonic`) at the latest.

        Raises:
            TooManyAtOnce: they are more than may go in a second.
        """
        if requests > max(1.0, self._rate):
            raise TooManyAtOnce(f"needs {requests} requests at one moment, which is more than --rate allows")
        with self._lock:
            # What goes out at one moment is paid for on both sides of it, so that no second sees more.
            now = time.monotonic()
            moment = max(now, self._free_at + (requests - 1) / self._rate)
            self._free_at = moment + requests / self._rate
        until = moment if ends_at is None else min(moment, ends_at)
        time.sleep(max(0.0, until - now))


@lru_cache(maxsize=8)
def pace_of(rate: float) -> Pace:
    """The pace of this process for a rate; all servers of a run share it."""
    return Pace(rate)
