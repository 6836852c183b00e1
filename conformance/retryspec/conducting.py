"""Which checks of a pytest process run when, and what each found.

Each API has a few threads in which its checks run, one if they have to share the tasks that there are, and each check
that mostly waits has a thread of its own; checks of what follows from what run before all of them, with nothing in
between.
"""

import threading
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from retryspec.checks import Judge, conduct, decided_by
from retryspec.errors import UsageError
from retryspec.session import Connection, RunOptions, connect
from retryspec.target import read_target_file
from retryspec.verdicts import CheckResult

__all__ = ["ABREAST", "SUITE", "Suite", "check_id", "is_alone", "slug_of", "waits"]

SUITE = Path(__file__).parent / "suite"

ABREAST = 4
"""Checks of an API that run at the same time: while one waits for an answer, another works on what it got."""

MOST_UNANSWERED = 4
"""Checks in a row, of each that run abreast, after which a server that does not answer is given up."""


class Suite:
    """The connections and the checks under way of one pytest process.

    Args:
        target: the target file.
        options: what holds for the whole run.
    """

    def __init__(self, target: Path | None, options: RunOptions) -> None:
        self._target = target
        self._options = options
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
        if self._target is None:
            raise UsageError("No target: give --target FILE. There is no default server.")
        tables = read_target_file(self._target)
        if slug not in tables:
            raise UsageError(f"{self._target}: there is no table [{slug}].")
        return connect(tables[slug], self._options)

    def has_started(self, item: pytest.Function) -> bool:
        """Whether a check has been started."""
        return item.nodeid in self._started

    def result(self, item: pytest.Function) -> CheckResult:
        """What a check found that has been started."""
        result = self._started[item.nodeid].result()
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
            alone = self._start([item for item in mine if is_alone(item)], threads=1)
            waiting = [item for item in mine if waits(item)]
            self._start(waiting, threads=len(waiting), after=alone)
            others = [item for item in mine if not waits(item) and not is_alone(item)]
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


def slug_of(item: pytest.Item) -> str:
    """The API that a check belongs to: the folder it lies in."""
    return item.path.parent.name


def check_id(item: pytest.Item) -> str:
    """The identity of a check, such as `suite/sls/test_window.py::test_order[equal]`."""
    return f"suite/{item.path.relative_to(SUITE).as_posix()}::{item.name}"


def is_alone(item: pytest.Item) -> bool:
    """Whether a check runs before the others, with none of them beside it."""
    return bool(getattr(getattr(item, "obj", None), "alone", False))


def waits(item: pytest.Item) -> bool:
    """Whether a check mostly waits."""
    return bool(getattr(getattr(item, "obj", None), "in_background", False))
