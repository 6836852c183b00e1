"""A run: what is selected, claimed and known, what ends it, and what becomes of what was not looked at."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from retryspec.documents import load_document
from retryspec.errors import UsageError
from retryspec.reference.target import reference_target
from retryspec.runner import ApiReport, Collector, Plan, Progress, RunReport, run
from retryspec.verdicts import CheckResult, Outcome, Verdict
from selftest.raw_servers import Line, raw_server

Target = Callable[..., Path]
DOCUMENT = load_document("sls")


def outcomes(report: RunReport) -> dict[str, Outcome]:
    """The outcome of every behaviour."""
    return {result.behaviour.id: result.outcome for api in report.apis for result in api.behaviours}


@pytest.fixture
def reference(tmp_path: Path) -> Callable[..., RunReport]:
    """Runs the suite on a reference server, with more lines in its target file."""

    def check(more: str = "", **plan: object) -> RunReport:
        with reference_target(("sls",)) as file:
            target = tmp_path / "target.toml"
            target.write_text(f"{file.read_text()}\n{more}\n")
            return run(Plan(target=target, **plan))  # type: ignore[arg-type]  # the fields of a plan by name

    return check


def test_every_behaviour_has_an_outcome(reference: Callable[..., RunReport]) -> None:
    """A run that looks at one behaviour reports all of them, in the order of the document."""
    report = reference(only=("SLS-GET-05",))

    found = outcomes(report)
    assert list(found) == list(DOCUMENT.behaviours)
    assert found.pop("SLS-GET-05") is Outcome.PASS
    assert set(found.values()) == {Outcome.SKIPPED}
    assert report.verdict is Verdict.CONFORMS


def test_operation_that_is_not_claimed_is_skipped(reference: Callable[..., RunReport]) -> None:
    """Of a target that has one operation only what concerns it is looked at."""
    report = reference('operations = ["getShipperStatus"]', only=("SLS-GET-05", "SLS-RETRY-0*"))

    results = {result.behaviour.id: result for api in report.apis for result in api.behaviours}
    assert results["SLS-GET-05"].outcome is Outcome.PASS
    for name, result in results.items():
        if result.behaviour.operation == "retryShipperTask":
            assert (result.outcome, result.reason) == (Outcome.SKIPPED, "the target does not claim retryShipperTask"), (
                name
            )
    assert report.exit_code == 0


def test_known_deviation_that_passes_is_stale(reference: Callable[..., RunReport]) -> None:
    """An entry for what the server does right is told, and fails nothing."""
    report = reference('known = { "SLS-GET-05" = "next release" }', only=("SLS-GET-05",))

    reasons = {result.behaviour.id: result.reason for api in report.apis for result in api.behaviours}
    assert "the entry is stale" in (reasons["SLS-GET-05"] or "")
    assert report.exit_code == 0


def test_run_that_may_only_read_changes_nothing(sls_target: Target) -> None:
    """With --read-only nothing goes over the wire but GET."""
    body = json.dumps(
        {"count": 0, "total": 0, "statistics": {"running": 0, "success": 0, "fail": 0}, "tasks": []}
    ).encode()
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)

    def serve(line: Line) -> None:
        while True:
            line.request()
            line.send(answer)

    with raw_server(serve) as server:
        target = sls_target(server.base_url, f'states_url = "{server.base_url}/_states"\n')
        report = run(Plan(target=target, read_only=True, settle=0.1, timeout=2))

        assert {request.split()[0] for request in server.requests} == {b"GET"}
        assert report.apis[0].requests == len(server.requests)
    assert outcomes(report)["SLS-RETRY-01"] is Outcome.SKIPPED


def test_selection_needs_a_behaviour(sls_target: Target) -> None:
    """A pattern that nothing has is a mistake, also beside one that something has."""
    target = sls_target("http://127.0.0.1:1")

    with pytest.raises(UsageError, match="No behaviour is called 'SLS-NONE'"):
        run(Plan(target=target, only=("SLS-NONE",)))
    with pytest.raises(UsageError, match=r"No behaviour is called 'sls-get-\*'"):
        run(Plan(target=target, only=("SLS-GET-05", "sls-get-*")))


def test_progress_is_told(reference: Callable[..., RunReport]) -> None:
    """Whoever watches a run hears which checks there are, and of each that is through."""

    class Heard(Progress):
        def __init__(self) -> None:
            self.decided: list[tuple[str, ...]] = []
            self.results: list[CheckResult] = []

        def planned(self, checks: Sequence[Sequence[str]]) -> None:
            self.decided = [tuple(check) for check in checks]

        def finished(self, result: CheckResult) -> None:
            self.results.append(result)

    heard = Heard()
    with reference_target(("sls",)) as target:
        report = run(Plan(target=target, only=("SLS-GET-05",)), heard)

    assert heard.decided == [result.decides for result in heard.results] != []
    assert 0 < sum(result.requests for result in heard.results) < report.apis[0].requests


def test_check_that_is_lost_is_not_green() -> None:
    """A check whose result does not arrive leaves a run that was not finished."""

    class Crashed:
        failed = True
        when = "call"
        longreprtext = "worker 'gw0' crashed"
        user_properties: tuple[()] = ()

    collector = Collector(Progress())
    collector.pytest_runtest_logreport(Crashed())

    assert collector.broken == ["worker 'gw0' crashed"]
    assert collector.collected.results == []


def test_run_without_an_api_is_incomplete() -> None:
    """The verdict of a run is the worst of its APIs, and there is none without any."""

    def verdict(*verdicts: Verdict) -> tuple[Verdict, int]:
        apis = tuple(ApiReport("sls", "http://h", each, 0, ()) for each in verdicts)
        report = RunReport(datetime.now(UTC), 0.0, "standard", 1, apis)
        return report.verdict, report.exit_code

    assert verdict() == (Verdict.INCOMPLETE, 3)
    assert verdict(Verdict.CONFORMS) == (Verdict.CONFORMS, 0)
    assert verdict(Verdict.CONFORMS, Verdict.INCOMPLETE) == (Verdict.INCOMPLETE, 3)
    assert verdict(Verdict.INCOMPLETE, Verdict.BREAKS, Verdict.CONFORMS) == (Verdict.BREAKS, 1)
