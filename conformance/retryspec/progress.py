"""How far a run is, told on standard error: a live display on a terminal, and elsewhere a line from time to time."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, ProgressColumn, Task, TextColumn
from rich.progress import Progress as Bar
from rich.text import Text

from retryspec.runner import Progress
from retryspec.verdicts import CheckResult

__all__ = ["LiveProgress", "PlainProgress", "progress_on"]

EVERY = 30.0
"""Seconds between two lines where there is no terminal."""


def progress_on(stream: TextIO, max_time: float) -> "LiveProgress | PlainProgress":
    """The display that fits a stream: without a terminal, or where NO_COLOR asks for plain text, there are lines."""
    console = Console(file=stream)
    if stream.isatty() and not console.no_color and not console.is_dumb_terminal:
        return LiveProgress(console, max_time)
    return PlainProgress(stream, max_time)


class Tally(Progress):
    """Counts what is through."""

    def __init__(self, max_time: float) -> None:
        self.max_time = max_time
        self.checks = 0
        self.all_checks = 0
        self.all_behaviours = 0
        self.requests = 0
        self._seen: set[str] = set()
        self._open: Counter[str] = Counter()

    @property
    def behaviours(self) -> int:
        """How many behaviours are through with all their checks."""
        return sum(not self._open[behaviour] for behaviour in self._seen)

    def planned(self, checks: Sequence[Sequence[str]]) -> None:
        """The checks that will run; of several processes nobody knows them beforehand."""
        self.all_checks = len(checks)
        self._open = Counter(behaviour for check in checks for behaviour in check)
        self.all_behaviours = len(self._open)

    def finished(self, result: CheckResult) -> None:
        """A check is through."""
        self.checks += 1
        self.requests += result.requests
        self._seen.update(result.decides)
        self._open -= Counter(result.decides)

    def __str__(self) -> str:
        """What is through."""
        checks = f"{self.checks}/{self.all_checks}" if self.all_checks else f"{self.checks}"
        behaviours = f"{self.behaviours}/{self.all_behaviours}" if self.all_behaviours else f"{self.behaviours}"
        return f"{checks} checks  {behaviours} behaviours  {self.requests} requests"


class PlainProgress(Tally):
    """Progress as lines of text."""

    def __init__(self, stream: TextIO, max_time: float, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(max_time)
        self._stream = stream
        self._clock = clock
        self._began = self._told = clock()

    def __enter__(self) -> "PlainProgress":
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """End."""

    def finished(self, result: CheckResult) -> None:
        """A check is through: say so, if nothing was said for a while."""
        super().finished(result)
        now = self._clock()
        if now - self._told >= EVERY:
            self._told = now
            left = max(0.0, self.max_time - (now - self._began))
            self._stream.write(f"retryspec: {self}  {left:.0f} s left\n")
            self._stream.flush()


class _Left(ProgressColumn):
    """The time that is left, which goes on while a check takes long."""

    def __init__(self, max_time: float) -> None:
        super().__init__()
        self._max_time = max_time

    def render(self, task: Task) -> Text:
        """The time in minutes and seconds."""
        minutes, seconds = divmod(max(0, round(self._max_time - (task.elapsed or 0))), 60)
        return Text(f"{minutes}:{seconds:02} left", style="dim")


class LiveProgress(Tally):
    """Progress as a bar on a terminal."""

    def __init__(self, console: Console, max_time: float) -> None:
        super().__init__(max_time)
        columns = (BarColumn(), TextColumn("{task.description}"), _Left(max_time))
        self._bar = Bar(*columns, console=console, transient=True)
        self._task = self._bar.add_task(str(self), total=None)

    def __enter__(self) -> "LiveProgress":
        """Show it."""
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take it away."""
        self._bar.stop()

    def planned(self, checks: Sequence[Sequence[str]]) -> None:
        """The checks that will run."""
        super().planned(checks)
        self._bar.update(self._task, total=len(checks) or None, description=str(self))

    def finished(self, result: CheckResult) -> None:
        """A check is through."""
        super().finished(result)
        self._bar.update(self._task, completed=self.checks, description=str(self))
