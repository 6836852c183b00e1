"""The pytest plugin that conducts the checks: `pytest --pyargs retryspec.suite -p retryspec.plugin --target FILE`.

A check is a pytest function with `@decides(...)`.
The plugin calls it with a fresh handle on the API for each look and collects what it found as a `CheckResult`.
That travels as a user property of the test report, which is the same in one process and with pytest-xdist.
In each process the checks run in threads (see `retryspec.conducting`) and are looked at in the order of the items,
those that mostly wait last.
"""

import gc
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from retryspec.checks import decided_by
from retryspec.conducting import SUITE, Suite, check_id, waits
from retryspec.redaction import memory_of
from retryspec.session import Connection, RunOptions
from retryspec.verdicts import CheckResult, Strength

__all__ = ["connection_of", "read_result"]

PROPERTY = "retryspec"
"""The name of the user property that holds a `CheckResult`."""

SECRETS = "retryspec_secrets"
"""The name under which a worker hands over what must not be shown."""

_suite = pytest.StashKey[Suite]()

_results = TypeAdapter(CheckResult)


def read_result(report: pytest.TestReport) -> CheckResult | None:
    """What a check found, as its test report carries it; None for a report without it."""
    text = next((value for name, value in report.user_properties if name == PROPERTY), None)
    return _results.validate_json(str(text)) if text is not None else None


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
    target = config.option.target
    config.stash[_suite] = Suite(Path(target) if target is not None else None, run_options(config))


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


def is_check(item: pytest.Item) -> bool:
    """Whether an item is one of our checks, and not a test that happens to be in the same run."""
    return isinstance(item, pytest.Function) and bool(decided_by(item.obj)) and SUITE in item.path.parents


def selected(only: list[str], behaviours: tuple[str, ...]) -> bool:
    """Whether any of the behaviours is asked for."""
    return not only or any(fnmatchcase(behaviour, pattern) for behaviour in behaviours for pattern in only)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what was not asked for, and put the checks that mostly wait last."""
    left_out = [item for item in items if is_check(item) and not _is_asked_for(config, item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
    kept = [item for item in items if item not in left_out]
    items[:] = sorted(kept, key=waits)


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


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop() -> Iterator[None]:
    """Look at the checks with little time lost on the garbage of the suite itself."""
    with _seldom_collecting():
        return (yield)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Share the checks out among the workers."""
    from retryspec.workers import ShareScheduling  # loads pytest-xdist

    return ShareScheduling(config, log)


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
    suite = pyfuncitem.config.stash[_suite]
    if not suite.has_started(pyfuncitem):
        # All of this process before the first is looked at, so that they run beside each other.
        suite.start([item for item in _share_with(pyfuncitem) if isinstance(item, pytest.Function) and is_check(item)])
    result = suite.result(pyfuncitem)
    # Text, since pytest-xdist carries nothing but plain values from one process to another.
    pyfuncitem.user_properties.append((PROPERTY, _results.dump_json(result).decode()))
    report_outcome(result)
    return True


def _share_with(item: pytest.Function) -> Sequence[pytest.Item]:
    """What this process runs: all, or the share of a worker."""
    worker = getattr(item.config, "workerinput", None)
    if worker is None:
        return item.session.items
    from retryspec.workers import share_with  # loads pytest-xdist

    return share_with(item, int(worker["workercount"]))


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
