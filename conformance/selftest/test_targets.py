"""Whatever a target offers, the reference gets a verdict without an alarm: few operations, known ids, only reading."""

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from retryspec.documents import slugs
from retryspec.exchange import SAFE_METHODS, Exchange, Exchanger, Request
from retryspec.reference.target import reference_target
from retryspec.runner import Plan, RunReport, run
from retryspec.verdicts import Outcome, Verdict

RETRY = {"sls": "retryShipperTask", "vcf": "retryTask", "opsmanager": "retryLogCollectionJob"}

# The provider state of each API, the member that lists what it makes, and the statuses: failed, ended well, running.
STATES: Mapping[str, tuple[str, str, tuple[str, str, str]]] = {
    "sls": ("a shipper with tasks", "tasks", ("fail", "success", "running")),
    "vcf": ("tasks", "tasks", ("FAILED", "SUCCESSFUL", "IN_PROGRESS")),
    "opsmanager": ("log collection jobs", "jobs", ("FAILURE", "SUCCESS", "IN_PROGRESS")),
}

ALARMS = (Outcome.FAIL, Outcome.WARN, Outcome.UNSTABLE, Outcome.ERROR)


@pytest.fixture(params=slugs())
def table(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """An API and the table of a target file that leads to its reference server."""
    with reference_target((request.param,)) as file:
        yield request.param, file.read_text(encoding="utf-8")


def checked(folder: Path, text: str, **more: Any) -> RunReport:
    """What the suite says of the servers of a target file."""
    target = folder / "target.toml"
    target.write_text(text, encoding="utf-8")
    return run(Plan(target=target, depth="quick", **more))


def alarms(report: RunReport) -> dict[str, object]:
    """What speaks against the reference server, which nothing should."""
    results = [result for api in report.apis for result in api.behaviours]
    return {r.behaviour.id: r.reason or [f.received for f in r.findings] for r in results if r.outcome in ALARMS}


def known_ids(slug: str, text: str) -> str:
    """The same table with ids in place of the provider of states."""
    state, member, statuses = STATES[slug]
    states_url = next(line for line in text.splitlines() if line.startswith("states_url"))
    made_of = [status for status in statuses for _ in range(40 if status == statuses[0] else 4)]
    tasks = [{"status": status, **({"createTime": _now() - 900} if slug == "sls" else {})} for status in made_of]
    body = {"action": "setup", "state": state, "params": {member: tasks}}
    answer = httpx.post(json.loads(states_url.partition("=")[2]), json=body).json()
    ids = {status: [i for i, s in zip(answer["ids"], made_of, strict=True) if s == status] for status in statuses}
    places = {"group_id" if name == "groupId" else name: answer[name] for name in answer if name in _PLACES}
    lines = [f"{name} = {json.dumps(value)}" for name, value in places.items()]
    lines.append(f"{member} = {{ " + ", ".join(f"{status} = {json.dumps(ids[status])}" for status in statuses) + " }")
    kept = [line for line in text.splitlines() if line.partition(" ")[0] not in ("states_url", *places)]
    return "\n".join([*kept, *lines, ""])


_PLACES = ("project", "logstore", "shipper", "groupId")


def _now() -> int:
    return int(time.time())


def test_retry_alone_is_judged_alone(table: tuple[str, str], tmp_path: Path) -> None:
    """A target that claims the seed's operation is judged on it; the rest is skipped and says so."""
    slug, text = table

    report = checked(tmp_path, f'{text}\noperations = ["{RETRY[slug]}"]\n')

    assert not alarms(report)
    assert report.verdict is Verdict.CONFORMS
    skipped = [r for r in report.apis[0].behaviours if r.outcome is Outcome.SKIPPED]
    assert any((r.reason or "").startswith("the target does not claim") for r in skipped)
    passed = [r.behaviour.operation for r in report.apis[0].behaviours if r.outcome is Outcome.PASS]
    assert RETRY[slug] in passed
    assert set(passed) <= {RETRY[slug], None}


def test_known_ids_are_enough_for_a_verdict(table: tuple[str, str], tmp_path: Path) -> None:
    """Without provider states the ids of the target file are used, and what could not be tested says what it needs."""
    report = checked(tmp_path, known_ids(*table), settle=1.0)

    assert not alarms(report)
    assert report.verdict is Verdict.CONFORMS
    untested = [r for r in report.apis[0].behaviours if r.outcome is Outcome.UNTESTED]
    assert untested
    assert all(r.reason for r in untested)
    assert sum(r.outcome is Outcome.PASS or r.partly for r in report.apis[0].behaviours) >= 20


@pytest.mark.parametrize(("slug", "refusing"), [("sls", ["sls-only-failed-taken"]), ("vcf", []), ("opsmanager", [])])
def test_known_ids_that_a_run_has_used_up_accuse_nobody(slug: str, refusing: list[str], tmp_path: Path) -> None:
    """A second run with the same target file finds tasks that failed no longer, which may be refused."""
    with reference_target((slug,), variations=refusing) as file:
        text = known_ids(slug, file.read_text(encoding="utf-8"))
        reports = [checked(tmp_path, text, settle=1.0) for _ in range(2)]

    assert [alarms(report) for report in reports] == [{}, {}]
    assert [report.exit_code for report in reports] == [0, 0]


def test_run_that_may_only_read_sends_nothing_else(
    table: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With --read-only nothing but safe methods goes out, and the sign-in."""
    sent: list[Request] = []
    attempt = Exchanger._attempt

    def noted(self: Exchanger, request: Request, *more: Any, keep: bool) -> Exchange:
        sent.append(request)
        return attempt(self, request, *more, keep=keep)

    text = known_ids(*table)
    monkeypatch.setattr(Exchanger, "_attempt", noted)

    report = checked(tmp_path, text, read_only=True)

    assert not alarms(report)
    assert report.verdict is not Verdict.BREAKS
    assert sent
    assert {request.method for request in sent if not request.signs_in} <= SAFE_METHODS
