"""What keeps a run from harm: nothing is retried that nobody named, nor faster than told, and the report says so."""

import re
from pathlib import Path

import pytest
from retryspec import pace
from retryspec.documents import slugs
from retryspec.pace import Pace, TooManyAtOnce, pace_of
from retryspec.reference.target import reference_target
from retryspec.report import report_json
from retryspec.runner import Plan, RunReport, run
from selftest.test_targets import known_ids


def checked(slug: str, folder: Path, **plan: object) -> tuple[RunReport, set[str]]:
    """What the suite says of a reference server whose tasks can only be found in its lists, and the ids of these."""
    with reference_target((slug,)) as file:
        lines = known_ids(slug, file.read_text(encoding="utf-8")).splitlines()
        named = [line for line in lines if line.startswith(("tasks =", "jobs ="))]
        target = folder / "target.toml"
        target.write_text("\n".join(line for line in lines if line not in named) + "\n", encoding="utf-8")
        report = run(Plan(target=target, depth="quick", settle=0.5, **plan))  # type: ignore[arg-type]  # by name
    return report, set(re.findall(r'"([^"]+)"', " ".join(named)))


@pytest.mark.parametrize("slug", slugs())
def test_tasks_that_nobody_named_are_not_retried(slug: str, tmp_path: Path) -> None:
    """Without provider states and without ids no task is retried, and what needs one says how to allow it."""
    report, ids = checked(slug, tmp_path)

    [api] = report.apis
    assert report.exit_code == 0
    assert any("--allow-retry" in (result.reason or "") for result in api.behaviours)
    assert ids
    assert not ids & set(api.changed)


@pytest.mark.parametrize("slug", slugs())
def test_tasks_that_are_listed_are_retried_when_that_is_allowed(slug: str, tmp_path: Path) -> None:
    """With --allow-retry the tasks that the API lists are as good as named ones."""
    report, ids = checked(slug, tmp_path, allow_retry=True)

    [api] = report.apis
    assert report.exit_code == 0
    assert ids & set(api.changed)
    assert not any("--allow-retry" in (result.reason or "") for result in api.behaviours)


@pytest.mark.parametrize("slug", slugs())
def test_report_says_what_was_sent(slug: str) -> None:
    """The report counts the requests that can change state and names what they were about."""
    with reference_target((slug,)) as target:
        report = run(Plan(target=target, depth="quick", only=("*-RETRY-0*",)))

    sent = report_json(report)["apis"][0]["sent"]
    assert 0 < sent["changing"] <= sent["requests"] == report.apis[0].requests
    assert sent["ids"]
    assert len(sent["ids"]) == len(set(sent["ids"]))


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        """The time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock by which requests go out."""
    clock = Clock()
    monkeypatch.setattr(pace, "time", clock)
    return clock


def test_no_second_sees_more_requests_than_told(clock: Clock) -> None:
    """However single requests and those that go together follow each other, any second has at most the rate."""
    moments: list[float] = []
    ours = Pace(8)
    for together in (1, 1, 4, 1, 8, 1, 1, 1, 8, 8, 3, 1, 1):
        ours.wait(together)
        moments += [clock.now] * together

    for start in moments:
        assert sum(start <= moment < start + 0.999 for moment in moments) <= 8


def test_more_at_one_moment_than_in_a_second_is_refused(clock: Clock) -> None:
    """A check that needs sixteen simultaneous requests cannot be made at ten a second."""
    with pytest.raises(TooManyAtOnce, match="needs 16 requests at one moment"):
        Pace(10).wait(16)


def test_pace_is_not_kept_beyond_the_end_of_the_run(clock: Clock) -> None:
    """Whoever waits when the run is over is let go."""
    ours = Pace(0.1)
    ours.wait(1)

    ours.wait(1, ends_at=101.0)

    assert clock.now == 101.0


def test_all_servers_of_a_run_share_a_pace() -> None:
    """The rate is of the whole run."""
    assert pace_of(3.0) is pace_of(3.0)
