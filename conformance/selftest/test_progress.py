"""How far a run is: lines where there is no terminal, and a bar with what is through and what time is left on one."""

import io
import re

import pytest
from retryspec.progress import LiveProgress, PlainProgress, progress_on
from selftest.fakes import check_result

PLANNED = [("X-MUST-01",), ("X-MUST-01", "X-SHOULD-02"), ("X-MAY-03",)]


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """It is one."""
        return True


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests has no say in how things are shown."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


@pytest.mark.parametrize(
    ("name", "value", "live"),
    [("TERM", "xterm", True), ("TERM", "dumb", False), ("NO_COLOR", "1", False), ("NO_COLOR", "", True)],
)
def test_terminal_is_drawn_on_unless_it_is_to_be_plain(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, live: bool
) -> None:
    """A bar is for a terminal that can be drawn on, and that nobody wants plain."""
    monkeypatch.setenv(name, value)

    assert isinstance(progress_on(Terminal(), 300), LiveProgress if live else PlainProgress)


def test_forced_colour_makes_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log is not drawn on, even where it shows colours."""
    monkeypatch.setenv("FORCE_COLOR", "1")

    assert isinstance(progress_on(io.StringIO(), 300), PlainProgress)


def test_behaviour_is_through_with_its_last_check() -> None:
    """What several checks decide is through when all of them are."""
    progress = PlainProgress(io.StringIO(), 300)
    progress.planned(PLANNED)

    told = [str(progress)]
    for decides in PLANNED:
        progress.finished(check_result(*decides))
        told.append(str(progress))

    assert told == [
        "0/3 checks  0/3 behaviours  0 requests",
        "1/3 checks  0/3 behaviours  0 requests",
        "2/3 checks  2/3 behaviours  0 requests",
        "3/3 checks  3/3 behaviours  0 requests",
    ]


def test_unknown_plan_is_counted_alone() -> None:
    """Where several processes share the checks, there are numbers without a whole."""
    progress = PlainProgress(io.StringIO(), 300)
    progress.planned([])

    progress.finished(check_result("X-MUST-01"))

    assert str(progress) == "1 checks  1 behaviours  0 requests"


def test_line_comes_from_time_to_time() -> None:
    """A short run says nothing, a long one twice a minute."""
    stream, now = io.StringIO(), 1000.0
    with PlainProgress(stream, 300, clock=lambda: now) as progress:
        progress.planned([("X-MUST-01",)] * 10)
        for _ in range(10):
            now += 7
            progress.finished(check_result("X-MUST-01"))

    assert stream.getvalue() == (
        "retryspec: 5/10 checks  0/1 behaviours  0 requests  265 s left\n"
        "retryspec: 10/10 checks  1/1 behaviours  0 requests  230 s left\n"
    )


def test_bar_tells_what_is_through_and_is_taken_away() -> None:
    """While a run goes on a terminal shows all numbers; when it is over, none of it stays."""
    stream = Terminal()
    with progress_on(stream, 125) as progress:
        progress.planned(PLANNED)
        progress.finished(check_result("X-MUST-01"))

    text = re.sub("\x1b\\[[0-9;]*m", "", stream.getvalue())
    assert "1/3 checks  0/3 behaviours  0 requests" in text
    assert re.search(r"[12]:[0-5]\d left", text)
    assert stream.getvalue().endswith("\x1b[2K")
