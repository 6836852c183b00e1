"""The time, as something that is handed in: a server asks its clock, never the system."""

import time
from collections.abc import Callable

__all__ = ["Clock", "SetClock", "system_clock"]

Clock = Callable[[], float]
"""Returns the time now, in seconds since 1970 (UTC)."""

system_clock: Clock = time.time


class SetClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: float) -> None:
        self._now = now

    def __call__(self) -> float:
        """Return the time to which this clock was set."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move the clock on."""
        self._now += seconds
