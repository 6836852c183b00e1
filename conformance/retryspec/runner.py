"""Makes a run: smoke, then the checks through pytest, then the verdicts.

The checks run in this process or, with several workers, in pytest-xdist's; either way isolated from any pytest
configuration and plugins that the user has.
"""

import contextlib
import io
import os
import re
import time
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path

from retryspec.behaviours import Behaviour
from retryspec.checks import decided_by
from retryspec.documents import load_document, slugs
from retryspec.errors import RunError, UsageError
from retryspec.exchange import ReadOnly
from retryspec.redaction import Redactor, memory_of
from retryspec.session import RunOptions, connect, suite_folder
from retryspec.target import Claim, Table, read_target_file
from retryspec.verdicts import (
    ELSEWHERE,
    BehaviourResult,
    CheckResult,
    Outcome,
    Verdict,
    api_verdict,
    judge_behaviours,
    with_texts,
)

__all__ = ["ApiReport", "Plan", "Progress", "RunReport", "run"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is asked to do; times in seconds."""

    target: Path
    slugs: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    depth: str = "standard"
    read_only: bool = False
    allow_retry: bool = False
    rate: float | None = None
    timeout: float = 10.0
    settle: float = 5.0
    max_time: float = 300.0
    workers: int = 1
    seed: int = 1
    shard: tuple[int, int] | None = None
    """Which part of how many: each has some of the checks."""
    checks: tuple[str, ...] = ()
    """The checks to conduct, by their ids; all if none is named."""


@dataclass(frozen=True, slots=True)
class ApiReport:
    """What a run says of one API."""

    slug: str
    base_url: str
    verdict: Verdict
    requests: int
    behaviours: tuple[BehaviourResult, ...]
    trouble: str | None = None
    """Why the run could not be made or finished."""
    changing: int = 0
    """How many of the requests can change state."""
    changed: tuple[str, ...] = ()
    """What these were about, the first thousand."""
    reached: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    """How many generated requests were answered, by operation and status."""

    def count(self, outcome: Outcome) -> int:
        """How many behaviours had an outcome."""
        return sum(result.outcome is outcome for result in self.behaviours)


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run says."""

    started: datetime
    seconds: float
    depth: str
    seed: int
    apis: tuple[ApiReport, ...]
    shard: tuple[int, int] | None = None
    warnings: tuple[str, ...] = ()
    """What is unwise about the target file."""

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of its APIs."""
        verdicts = [api.verdict for api in self.apis]
        if Verdict.BREAKS in verdicts:
            return Verdict.BREAKS
        return Verdict.INCOMPLETE if Verdict.INCOMPLETE in verdicts or not verdicts else Verdict.CONFORMS

    @property
    def exit_code(self) -> int:
        """0 conforms, 1 breaks, 3 incomplete."""
        return {Verdict.CONFORMS: 0, Verdict.BREAKS: 1, Verdict.INCOMPLETE: 3}[self.verdict]


@dataclass
class Progress:
    """Told what happens during a run; this one does nothing with it."""

    def planned(self, checks: Sequence[Sequence[str]]) -> None:
        """These checks will run, each with the behaviours that it decides."""

    def finished(self, result: CheckResult) -> None:
        """A check is through."""


def run(plan: Plan, progress: Progress | None = None) -> RunReport:
    """Check the servers of a target file.

    Raises:
        UsageError: the target file or the selection is wrong.
        RunError: the part of the run that was asked for has no check.
    """
    started, clock = datetime.now(UTC), time.monotonic()
    tables = _chosen_tables(plan)
    catalogue = {slug: load_document(slug).behaviours for slug in tables}
    selected = {slug: _selected(behaviours, plan.only) for slug, behaviours in catalogue.items()}
    for pattern in plan.only:
        if not any(_selected(behaviours, (pattern,)) for behaviours in catalogue.values()):
            raise UsageError(f"No behaviour is called {pattern!r}; see `retryspec behaviours`.")
    ends_at = time.time() + plan.max_time
    smokes = {slug: _smoke(table, plan, ends_at) for slug, table in tables.items()}
    healthy = [slug for slug, smoke in smokes.items() if smoke.trouble is None]
    collected = _conduct(plan, healthy, ends_at, progress or Progress()) if healthy else Collected()
    reports = []
    for slug, smoke in smokes.items():
        results = [result for result in collected.results if result.check.startswith(f"suite/{slug}/")]
        if plan.workers > 1:
            results = [without_secrets_of_others(result, smoke.claim.base_url) for result in results]
        given_up = next((result.untested for result in results if result.given_up), None)
        trouble = smoke.trouble or collected.trouble or given_up
        behaviours = judge_behaviours(
            catalogue[slug], results, selected=selected[slug], claimed=smoke.claim.operations, known=smoke.claim.known
        )
        if (plan.shard or plan.checks) and trouble is None:
            behaviours = [_elsewhere(result) for result in behaviours]
            if plan.shard and not results:
                continue  # This part of the run has no check of the API, so there is nothing to say of it.
        if smoke.trouble:
            behaviours = [_untested(result, smoke.trouble) for result in behaviours]
        reports.append(
            ApiReport(
                slug=slug,
                base_url=smoke.claim.base_url,
                verdict=api_verdict(behaviours, finished=trouble is None, whole=plan.shard is None),
                requests=smoke.requests + sum(result.requests for result in results),
                behaviours=tuple(behaviours),
                trouble=trouble,
                changing=smoke.changing + sum(result.changing for result in results),
                changed=tuple(dict.fromkeys([*smoke.changed, *(name for r in results for name in r.changed)])),
                reached=_summed(result.reached for result in results),
            )
        )
    if plan.shard and not reports:
        raise RunError(f"There is no check in part {plan.shard[0]} of {plan.shard[1]}: choose fewer parts.")
    warnings = tuple(table.warning for table in tables.values() if table.warning)
    seconds = time.monotonic() - clock
    return RunReport(started, seconds, plan.depth, plan.seed, tuple(reports), plan.shard, warnings)


def without_secrets_of_others(result: CheckResult, base_url: str) -> CheckResult:
    """A result without what other workers sent: a server may have sent that back to the one whose result it is."""
    return with_texts(result, Redactor((), memory_of(base_url)).text)


def _summed(counts: Iterable[Mapping[str, Mapping[int, int]]]) -> dict[str, dict[int, int]]:
    summed: dict[str, Counter[int]] = {}
    for reached in counts:
        for operation, statuses in reached.items():
            summed.setdefault(operation, Counter()).update(statuses)
    return {operation: dict(sorted(statuses.items())) for operation, statuses in sorted(summed.items())}


def _chosen_tables(plan: Plan) -> dict[str, Table]:
    tables = read_target_file(plan.target)
    for name in (*tables, *plan.slugs):
        if name not in slugs():
            raise UsageError(f"There is no API {name!r}; retryspec knows: {', '.join(slugs())}.")
    for slug in plan.slugs:
        if slug not in tables:
            raise UsageError(f"{plan.target}: there is no table [{slug}].")
    chosen = {slug: table for slug, table in tables.items() if not plan.slugs or slug in plan.slugs}
    if not chosen:
        raise UsageError(f"{plan.target}: the target file names no API; it needs a table such as [{slugs()[0]}].")
    return chosen


def _selected(behaviours: dict[str, Behaviour], only: tuple[str, ...]) -> list[str]:
    return [name for name in behaviours if not only or any(fnmatchcase(name, pattern) for pattern in only)]


@dataclass(frozen=True, slots=True)
class Smoke:
    """What the first call to a server showed."""

    claim: Claim
    requests: int
    changing: int
    changed: tuple[str, ...]
    trouble: str | None


def _smoke(table: Table, plan: Plan, ends_at: float) -> Smoke:
    options = RunOptions(
        timeout=plan.timeout,
        settle=plan.settle,
        ends_at=ends_at,
        read_only=plan.read_only,
        allow_retry=plan.allow_retry,
        rate=plan.rate,
    )
    connection = connect(table, options)
    session, trouble = connection.session, None
    try:
        for behaviour in session.claim.known:
            if behaviour not in session.document.behaviours:
                raise table.wrong("known", f"names {behaviour!r}, which is no behaviour; see `retryspec behaviours`")
        connection.smoke()
    except ReadOnly as refused:
        trouble = f"{table.name}: nothing of what the target claims can be looked at: {refused}"
    except RunError as error:
        trouble = session.shown(str(error))
    except UsageError:
        raise
    except Exception:  # the suite's own fault: no verdict on a server, and no traceback in place of a report
        trouble = session.shown(f"{table.name}: the suite itself failed: {traceback.format_exc()}")
    finally:
        session.close()
    exchanger = session.exchanger
    return Smoke(session.claim, exchanger.sent, exchanger.changing, tuple(exchanger.changed), trouble)


def _elsewhere(result: BehaviourResult) -> BehaviourResult:
    """A behaviour that this run has no check for, since it has only some of the checks."""
    if result.checks or result.findings or result.outcome is not Outcome.UNTESTED or result.behaviour.unobservable:
        return result
    return replace(result, outcome=Outcome.SKIPPED, reason=ELSEWHERE)


def _untested(result: BehaviourResult, trouble: str) -> BehaviourResult:
    if result.outcome is Outcome.SKIPPED:
        return result
    return BehaviourResult(result.behaviour, Outcome.UNTESTED, trouble, result.checks)


@dataclass
class Collected:
    """What came out of the checks of a run."""

    results: list[CheckResult] = field(default_factory=list)
    trouble: str | None = None


# Of pytest's own plugins: what writes to the folder or the terminal, and what costs time for each check.
_NOT_NEEDED = ("cacheprovider", "terminal", "logging", "threadexception", "unraisableexception")


def _conduct(plan: Plan, healthy: Sequence[str], ends_at: float, progress: Progress) -> Collected:
    import pytest

    collector = Collector(progress)
    arguments = [
        *("-c", os.devnull, "--rootdir", str(suite_folder("").resolve())),
        *("--import-mode=importlib", "--assert=plain", "--capture=no", "-p", "retryspec.plugin"),
        *(word for name in _NOT_NEEDED for word in ("-p", f"no:{name}")),
        *(f"--target={plan.target}", "--exchange-timeout", str(plan.timeout), "--settle", str(plan.settle)),
        *("--ends-at", str(ends_at), "--suite-seed", str(plan.seed), "--depth", plan.depth),
        *(["--read-only"] if plan.read_only else []),
        *(["--allow-retry"] if plan.allow_retry else []),
        *(["--rate", str(plan.rate)] if plan.rate else []),
        # In one word: what begins with a dash would be an option of its own, and what begins with @ a file of them.
        *(f"--only={pattern}" for pattern in plan.only),
        *(f"--check={check}" for check in plan.checks),
        *(["--shard", f"{plan.shard[0]}/{plan.shard[1]}"] if plan.shard else []),
        # Another worker in place of one that broke down would run its checks, and break down, again.
        *(["-p", "xdist", "-n", str(plan.workers), "--max-worker-restart=0"] if plan.workers > 1 else []),
        *(str(suite_folder(slug)) for slug in healthy),
    ]
    with _isolated(), contextlib.redirect_stdout(io.StringIO()) as said:
        code = pytest.main(arguments, plugins=[collector])
    collected = collector.collected
    if time.time() >= ends_at:
        collected.trouble = f"the time for the whole run ({plan.max_time:g} s) was used up"
    elif code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED):
        collected.trouble = f"the suite itself failed: pytest ended with {code}\n{_frames(said.getvalue())}"
    elif collector.broken:
        collected.trouble = collector.broken[0]
    return collected


def _frames(said: str) -> str:
    """Where pytest failed: the frames alone, since the values in what it says may be secrets or anything else."""
    frames = re.findall(r'File "[^"]*", line \d+, in \w+', said)
    return "\n".join(frames[-10:])


class Collector:
    """A pytest plugin that takes what the checks found out of their reports."""

    def __init__(self, progress: Progress) -> None:
        self.collected = Collected()
        self.broken: list[str] = []
        self._progress = progress

    def pytest_collection_finish(self, session: object) -> None:
        """Tell which checks there are; with pytest-xdist only its workers know them."""
        functions = [getattr(item, "obj", None) for item in getattr(session, "items", [])]
        self._progress.planned([decided_by(function) for function in functions if function is not None])

    def pytest_runtest_logreport(self, report: object) -> None:
        """Take one result."""
        from retryspec.plugin import read_result

        result = read_result(report)  # type: ignore[arg-type]  # typed where pytest is loaded
        if result is not None and getattr(report, "when", "") == "call":
            self.collected.results.append(result)
            self._progress.finished(result)
        elif getattr(report, "failed", False):
            self.broken.append(str(getattr(report, "longreprtext", "")))


@contextlib.contextmanager
def _isolated() -> Iterator[None]:
    """Keep the user's own pytest options and plugins out."""
    names = {"PYTEST_ADDOPTS": None, "PYTEST_PLUGINS": None, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    before = {name: os.environ.get(name) for name in names}
    _set_environment(names)
    try:
        yield
    finally:
        _set_environment(before)


def _set_environment(values: dict[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
