"""The pytest plugin that conducts the checks: `pytest --pyargs retryspec.suite -p retryspec.plugin --target FILE`.

A check is a pytest function with `@decides(...)`.
The plugin calls it with a fresh handle on the API for each look and collects what it found as a `CheckResult`.
That travels as a user property of the test report, which is the same in one process and with pytest-xdist.
In one process each API has a few threads in which its checks run, one if they have to share the tasks that there are,
and each check that mostly waits has a thread of its own; checks of what follows from what run before all of them, with
nothing in between. They are looked at in the order of the items, those that wait last.
"""

import gc
import threading
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from retryspec.checks import Judge, conduct, decided_by
from retryspec.errors import UsageError
from retryspec.redaction import memory_of
from retryspec.session import Connection, RunOptions, connect
from retryspec.target import read_target_file
from retryspec.verdicts import CheckResult, Strength

__all__ = ["connection_of", "read_result"]

PROPERTY = "retryspec"
"""The name of the user property that holds a `CheckResult`."""

SECRETS = "retryspec_secrets"
"""The name under which a worker hands over what must not be shown."""

_suite = pytest.StashKey["Suite"]()

SUITE = Path(__file__).parent / "suite"

ABREAST = 4
"""Checks of an API that run at the same time: while one waits for an answer, another works on what it got."""

MOST_UNANSWERED = 4
"""Checks in a row, of each that run abreast, after which a server that does not answer is given up."""

_results = TypeAdapter(CheckResult)


def read_result(report: pytest.TestReport) -> CheckResult | None:
    """What a check found, as its test report carries it; None for a report without it."""
    text = next((value for name, value in report.user_properties if name == PROPERTY), None)
    return _results.validate_json(str(text)) if text is not None else None


class Suite:
    """The connections and background checks of one pytest process."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._connections: dict[str, Connection] = {}
        self._connecting = threading.Lock()
        self._pools: list[ThreadPoolExecutor] = []
        self._started: dict[str, Future[CheckResult]] = {}
        self._counted: dict[str, tuple[int, int, int]] = {}
        self._abreast: defaultdict[str, int] = defaultdict(lambda: 1)
        self._unanswered_in_a_row: Counter[str] = Counter()

    def connection(self, slug: str) -> Connection:
        """The connection to the server of an API, made when first asked for."""
        with self._connecting:
            if slug not in self._connections:
                self._connections[slug] = self._connected(slug)
            return self._connections[slug]

    def _connected(self, slug: str) -> Connection:
        file = self._config.option.target
        if file is None:
            raise UsageError("No target: give --target FILE. There is no default server.")
        tables = read_target_file(Path(file))
        if slug not in tables:
            raise UsageError(f"{file}: there is no table [{slug}].")
        return connect(tables[slug], run_options(self._config))

    def result(self, item: pytest.Function) -> CheckResult:
        """What a check found: conducted now, or already started."""
        started = self._started.get(item.nodeid)
        result = started.result() if started else self.conducted(item)
        slug = slug_of(item)
        exchanger = self.connection(slug).session.exchanger
        before, now = self._counted.get(slug, (0, 0, 0)), (exchanger.sent, exchanger.changing, len(exchanger.changed))
        self._counted[slug] = now
        return replace(
            result,
            requests=now[0] - before[0],
            changing=now[1] - before[1],
            changed=tuple(list(exchanger.changed)[before[2] : now[2]]),
        )

    def conducted(self, item: pytest.Function) -> CheckResult:
        """Conduct a check, unless so many in a row got no answer that the server must be gone."""
        slug = slug_of(item)
        if (unanswered := self._unanswered_in_a_row[slug]) >= MOST_UNANSWERED * self._abreast[slug]:
            reason = f"the run was given up: {unanswered} checks in a row got no answer"
            return CheckResult(check_id(item), decided_by(item.obj), untested=reason, given_up=True)
        result = self._conducted(item, self.connection(slug))
        self._unanswered_in_a_row[slug] = self._unanswered_in_a_row[slug] + 1 if result.unanswered else 0
        return result

    def _conducted(self, item: pytest.Function, connection: Connection) -> CheckResult:
        slug = slug_of(item)
        params: Mapping[str, Any] = item.callspec.params if hasattr(item, "callspec") else {}

        def check(judge: Judge) -> None:
            item.obj(**{slug: connection.handle(judge), **params})

        session, decides = connection.session, decided_by(item.obj)
        result = conduct(partial(session.judge, check_id(item), decides), check)
        return replace(
            result,
            untested=session.shown(result.untested) if result.untested else None,
            skipped=session.shown(result.skipped) if result.skipped else None,
            error=session.shown(result.error) if result.error else None,
        )

    def start(self, items: Sequence[pytest.Function]) -> None:
        """Start all checks of each API: first what is to be alone, then a few at a time, and what waits beside them."""
        for slug in dict.fromkeys(slug_of(item) for item in items):
            mine = [item for item in items if slug_of(item) == slug]
            # Each check needs tasks of its own, and of known ids there are too few for several at a time.
            self._abreast[slug] = ABREAST if self._makes_states(slug) else 1
            alone = self._start([item for item in mine if _is_alone(item)], threads=1)
            waiting = [item for item in mine if _waits(item)]
            self._start(waiting, threads=len(waiting), after=alone)
            others = [item for item in mine if not _waits(item) and not _is_alone(item)]
            self._start(others, threads=self._abreast[slug], after=alone)

    def _start(
        self, items: Sequence[pytest.Function], *, threads: int, after: Sequence[Future[CheckResult]] = ()
    ) -> list[Future[CheckResult]]:
        def conducted(item: pytest.Function) -> CheckResult:
            wait(after)
            return self.conducted(item)

        pool = ThreadPoolExecutor(max(threads, 1))
        self._pools.append(pool)
        started = {item.nodeid: pool.submit(conducted, item) for item in items}
        self._started |= started
        return list(started.values())

    def _makes_states(self, slug: str) -> bool:
        try:
            return self.connection(slug).session.states is not None
        except UsageError:  # which each check says for itself
            return False

    def learned_secrets(self) -> dict[str, list[str]]:
        """What must not be shown and came up in this process, by the address of the server."""
        sessions = [connection.session for connection in self._connections.values()]
        return {session.claim.base_url: session.learned_secrets() for session in sessions}

    def close(self) -> None:
        """Close every connection."""
        for pool in self._pools:
            pool.shutdown(wait=False, cancel_futures=True)
        for pool in self._pools:
            pool.shutdown(wait=True)
        for connection in self._connections.values():
            connection.session.close()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the suite."""
    group = parser.getgroup("retryspec")
    group.addoption("--target", help="the target file (TOML): which servers are checked")
    group.addoption("--only", action="append", default=[], metavar="ID_OR_GLOB", help="check these behaviours alone")
    group.addoption("--check", action="append", default=[], metavar="ID", help="conduct these checks alone")
    group.addoption("--shard", default=None, metavar="K/N", help="conduct the k-th of n parts of the checks")
    group.addoption("--exchange-timeout", type=float, default=10.0, metavar="SECONDS", help="for one exchange")
    group.addoption("--settle", type=float, default=5.0, metavar="SECONDS", help="for a state to show")
    group.addoption("--ends-at", type=float, default=None, metavar="TIME", help="Unix time at which the run is over")
    group.addoption("--read-only", action="store_true", help="send nothing that can change state")
    group.addoption("--allow-retry", action="store_true", help="retry tasks that were only found in a list as well")
    group.addoption("--rate", type=float, default=None, metavar="N", help="the most requests in a second")
    group.addoption(
        "--depth", choices=["quick", "standard", "thorough"], default="standard", help="how much to look at"
    )
    group.addoption("--suite-seed", type=int, default=1, metavar="N", help="for what is drawn at random")


def pytest_configure(config: pytest.Config) -> None:
    """Make the state of this process."""
    config.stash[_suite] = Suite(config)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Close what was opened."""
    config.stash[_suite].close()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the process that has the workers what its report must not show of this one."""
    told: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if told is not None:
        told[SECRETS] = session.config.stash[_suite].learned_secrets()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Remember what a worker told; one that broke down has told nothing."""
    told: Mapping[str, Sequence[str]] = getattr(node, "workeroutput", {}).get(SECRETS, {})
    for base_url, secrets in told.items():
        memory_of(base_url).add(secrets)


def run_options(config: pytest.Config) -> RunOptions:
    """The options of a run, as the checks need them."""
    option = config.option
    worker = getattr(config, "workerinput", None)
    one, workers = (int(worker["workerid"].removeprefix("gw")), int(worker["workercount"])) if worker else (0, 1)
    part, parts = part_of(option.shard)
    return RunOptions(
        timeout=option.exchange_timeout,
        settle=option.settle,
        ends_at=option.ends_at,
        read_only=option.read_only,
        allow_retry=option.allow_retry,
        rate=option.rate / workers if option.rate else None,
        seed=option.suite_seed,
        depth=option.depth,
        share=((part - 1) * workers + one, parts * workers),
    )


def connection_of(config: pytest.Config, slug: str) -> Connection:
    """The connection to the server of an API."""
    return config.stash[_suite].connection(slug)


def slug_of(item: pytest.Item) -> str:
    """The API that a check belongs to: the folder it lies in."""
    return item.path.parent.name


def check_id(item: pytest.Item) -> str:
    """The identity of a check, such as `suite/sls/test_window.py::test_order[equal]`."""
    return f"suite/{item.path.relative_to(SUITE).as_posix()}::{item.name}"


def is_check(item: pytest.Item) -> bool:
    """Whether an item is one of our checks, and not a test that happens to be in the same run."""
    return isinstance(item, pytest.Function) and bool(decided_by(item.obj)) and SUITE in item.path.parents


def selected(only: list[str], behaviours: tuple[str, ...]) -> bool:
    """Whether any of the behaviours is asked for."""
    return not only or any(fnmatchcase(behaviour, pattern) for behaviour in behaviours for pattern in only)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what was not asked for, and put the checks that mostly wait last; several workers begin with them."""
    left_out = [item for item in items if is_check(item) and not _is_asked_for(config, item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
    kept = [item for item in items if item not in left_out]
    items[:] = spread_out(kept) if _has_workers(config) else sorted(kept, key=_waits)


def spread_out(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The items as several workers take them: what waits comes first, with another one after each.

    pytest-xdist hands out two neighbours at a time, and a worker with two that wait would end long after the others.
    """
    waiting = [item for item in items if _waits(item)]
    others = [item for item in items if item not in waiting]
    pairs = [each for pair in zip(waiting, others, strict=False) for each in pair]
    return [*pairs, *waiting[len(others) :], *others[len(waiting) :]]


def _has_workers(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput") or bool(getattr(config.option, "numprocesses", None))


def _is_asked_for(config: pytest.Config, item: pytest.Item) -> bool:
    function = getattr(item, "obj", None)
    if config.option.depth == "quick" and getattr(function, "takes_time", False):
        return False
    return (
        function is not None
        and selected(config.option.only, decided_by(function))
        and (not config.option.check or check_id(item) in config.option.check)
        and is_in_shard(config.option.shard, check_id(item))
    )


def is_in_shard(shard: str | None, check: str) -> bool:
    """Whether a check belongs to a part of a run; which one is a matter of its id alone."""
    part, parts = part_of(shard)
    return zlib.crc32(check.encode()) % parts == part - 1


def part_of(shard: str | None) -> tuple[int, int]:
    """Which part of how many, given a text such as `2/5`."""
    part, parts = map(int, (shard or "1/1").split("/"))
    return part, parts


def _is_alone(item: pytest.Item) -> bool:
    return bool(getattr(getattr(item, "obj", None), "alone", False))


def _waits(item: pytest.Item) -> bool:
    return bool(getattr(getattr(item, "obj", None), "in_background", False))


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Iterator[None]:
    """Start the checks before they are looked at, so that those of several APIs run beside each other."""
    with _seldom_collecting():
        # With pytest-xdist each process runs only some of the checks, and does not know which.
        if not _has_workers(session.config):
            checks = [item for item in session.items if isinstance(item, pytest.Function) and is_check(item)]
            session.config.stash[_suite].start(checks)
        return (yield)


@contextmanager
def _seldom_collecting() -> Iterator[None]:
    """Collect cyclic garbage seldom while checks run, and never look through what was loaded before them.

    The modules alone are a few hundred thousand objects; looking through them again and again is a tenth of a run.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Conduct a check and turn what it found into a test result."""
    if not is_check(pyfuncitem):
        return None
    result = pyfuncitem.config.stash[_suite].result(pyfuncitem)
    # Text, since pytest-xdist carries nothing but plain values from one process to another.
    pyfuncitem.user_properties.append((PROPERTY, _results.dump_json(result).decode()))
    report_outcome(result)
    return True


def report_outcome(result: CheckResult) -> None:
    """Say in pytest's terms what became of a check."""
    if result.error:
        pytest.fail(f"the suite itself failed:\n{result.error}", pytrace=False)
    strict = [f for f in result.findings if f.strength is Strength.STRICT and f.stable]
    if strict:
        lines = [f"{f.behaviour}: expected {f.expected}; received {f.received}" for f in strict]
        pytest.fail("\n".join(lines), pytrace=False)
    if result.skipped or result.untested:
        pytest.skip(result.skipped or f"untested: {result.untested}")
