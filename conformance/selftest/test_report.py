"""The report: its form, its numbers, and that nothing which a server sends gets the better of it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from retryspec.errors import UsageError
from retryspec.reference.target import reference_target
from retryspec.report import junit_xml, numbered_findings, prepare_folder, report_json, report_schema, write_reports
from retryspec.runner import ApiReport, Plan, RunReport, run
from retryspec.verdicts import BehaviourResult, Outcome, Strength, Verdict
from selftest.fakes import CATALOGUE, CHECK, answered_with, behaviour, finding, record_of, unanswered
from selftest.raw_servers import answered, raw_server

MUST, SHOULD, MAY = CATALOGUE.values()

# Control characters, an escape sequence of a terminal, markup, a lone surrogate, and what XML cannot hold.
HOSTILE = "\x00\x07\x1b[31m\x1b]0;x\x07 [bold]<b>&amp;]]> \u202e\ud800\ufffe\uffff\x7f\x85\n\r\tend"


def report_of(*results: BehaviourResult, slug: str = "sls", verdict: Verdict = Verdict.BREAKS) -> RunReport:
    """The report of a run over one API."""
    api = ApiReport(slug, "http://127.0.0.1:1", verdict, 12, results)
    return RunReport(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), 1.23456, "standard", 7, (api,))


def result_of(outcome: Outcome, *, reason: str | None = None, received: str = "200", **more: Any) -> BehaviourResult:
    """A behaviour with an outcome, with a finding where that takes one."""
    found = (finding(received=received, exchange=record_of(answered_with())),)
    takes = outcome in (Outcome.FAIL, Outcome.WARN, Outcome.UNSTABLE)
    return BehaviourResult(MUST, outcome, reason, (CHECK,), found if takes else (), **more)


ALL = [
    result_of(Outcome.PASS),
    result_of(Outcome.FAIL),
    result_of(Outcome.FAIL, reason="known deviation: later", known=True),
    result_of(Outcome.WARN),
    result_of(Outcome.UNSTABLE),
    result_of(Outcome.UNTESTED, reason="no such state"),
    result_of(Outcome.SKIPPED, reason="not selected"),
    result_of(Outcome.ERROR, reason="Traceback"),
]


def validated(content: Any) -> dict[str, Any]:
    """A report that keeps to the schema."""
    validator = jsonschema.Draft202012Validator(report_schema())
    assert [f"{error.json_path}: {error.message}" for error in validator.iter_errors(content)] == []
    found: dict[str, Any] = content
    return found


def test_schema_is_one() -> None:
    """The schema itself is well-formed, and refuses what is no report."""
    jsonschema.Draft202012Validator.check_schema(report_schema())

    assert not jsonschema.Draft202012Validator(report_schema()).is_valid({})


# What real runs leave behind


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The report.json of a run that conforms, one that breaks and one that is incomplete."""

    def written(name: str, target: Path, *only: str) -> dict[str, Any]:
        folder = tmp_path_factory.mktemp(name)
        write_reports(run(Plan(target=target, slugs=("sls",), only=only, settle=0.3)), folder)
        ElementTree.parse(folder / "junit.xml")
        content: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
        return content

    found = {}
    with reference_target(("sls",)) as target:
        found["conforms"] = written("conforms", target, "SLS-GET-0[56]", "SLS-COMMON-05")
    with reference_target(("sls",), variations=("sls-empty-window-accepted",)) as target:
        found["breaks"] = written("breaks", target, "SLS-GET-05")
    with raw_server(answered(b"HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\n{}")) as server:
        target = tmp_path_factory.mktemp("target") / "target.toml"
        target.write_text(
            f'[sls]\nbase_url = "{server.base_url}"\naccess_key_id = "id"\naccess_key_secret = "a-secret"\n'
            'project = "p"\nlogstore = "l"\nshipper = "s"\n'
        )
        found["incomplete"] = written("incomplete", target)
    return found


@pytest.mark.parametrize("verdict", ["conforms", "breaks", "incomplete"])
def test_report_of_a_run_keeps_to_the_schema(reports: dict[str, dict[str, Any]], verdict: str) -> None:
    """What a run writes has the fixed form, and its numbers agree with its entries."""
    content = validated(reports[verdict])

    assert content["verdict"] == verdict
    for api in content["apis"]:
        outcomes = [entry["outcome"] for entry in api["behaviours"]]
        assert api["counts"] == {outcome.value: outcomes.count(outcome) for outcome in Outcome}
        assert api["requests"] > 0


def test_report_of_a_broken_server_tells_how_to_see_it(reports: dict[str, dict[str, Any]]) -> None:
    """A finding has what was expected and came, the exchange, and a line to paste, without a secret."""
    content = reports["breaks"]

    entries = [entry for entry in content["apis"][0]["behaviours"] if entry["findings"]]
    first = entries[0]["findings"][0]
    assert entries[0]["id"] == "SLS-GET-05"
    assert first["id"] == "F1"
    assert first["request"]["method"] == "GET"
    assert first["response"]["status"] == 200
    assert "curl" in first["curl"]
    assert "$SLS_ACCESS_KEY_SECRET" in first["curl"]
    assert "retryspec-secret" not in json.dumps(content)


def test_run_that_could_not_begin_tells_why(reports: dict[str, dict[str, Any]]) -> None:
    """After a failed smoke every behaviour is untested for that reason."""
    entries = reports["incomplete"]["apis"][0]["behaviours"]

    assert {entry["outcome"] for entry in entries} == {"untested"}
    assert all("refuses the credentials (401" in entry["reason"] for entry in entries)


# Values


def test_every_outcome_keeps_to_the_schema() -> None:
    """There is no outcome that the schema does not know."""
    content = validated(report_json(report_of(*ALL)))

    assert content["started"] == "2026-01-02T03:04:05Z"
    assert content["seconds"] == 1.235
    assert content["apis"][0]["counts"] == {outcome.value: 2 if outcome is Outcome.FAIL else 1 for outcome in Outcome}


def test_findings_without_an_exchange_or_an_answer() -> None:
    """A finding about something that was not sent, or not answered, says null."""
    found = (finding(), finding(exchange=record_of(unanswered())))
    content = validated(report_json(report_of(BehaviourResult(MUST, Outcome.FAIL, None, (CHECK,), found))))

    first, second = content["apis"][0]["behaviours"][0]["findings"]
    assert (first["request"], first["response"], first["curl"]) == (None, None, None)
    assert second["request"]["method"] == "GET"
    assert second["response"] is None


def test_repeated_headers_are_joined() -> None:
    """A header that came twice is shown once, with both values."""
    exchange = record_of(answered_with())
    twice = type(exchange)(**{**_members(exchange), "response_headers": (("X", "1"), ("X", "2"))})
    content = report_json(report_of(BehaviourResult(MUST, Outcome.FAIL, None, (), (finding(exchange=twice),))))

    assert content["apis"][0]["behaviours"][0]["findings"][0]["response"]["headers"] == {"X": "1, 2"}


def _members(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def test_findings_are_numbered_through_the_report() -> None:
    """F1 and so on are ids of a whole report, also of one over several APIs."""
    two = BehaviourResult(MUST, Outcome.FAIL, None, (), (finding(received="a"), finding(received="b")))
    one = BehaviourResult(SHOULD, Outcome.WARN, None, (), (finding(SHOULD.id, Strength.SHOULD, received="c"),))
    first, second = report_of(two, one, slug="sls"), report_of(two, slug="vcf")
    report = RunReport(first.started, 1.0, "standard", 1, (*first.apis, *second.apis))

    numbered = numbered_findings(report)
    content = report_json(report)

    assert [number for number, _, _ in numbered["sls"]] == ["F1", "F2", "F3"]
    assert [number for number, _, _ in numbered["vcf"]] == ["F4", "F5"]
    written = [found["id"] for api in content["apis"] for entry in api["behaviours"] for found in entry["findings"]]
    assert len(set(written)) == len(written)


def hostile() -> Iterator[BehaviourResult]:
    """Results full of what a server might send."""
    for outcome in Outcome:
        yield result_of(outcome, reason=HOSTILE, received=HOSTILE)
    yield BehaviourResult(behaviour("X-MUST-09"), Outcome.FAIL, HOSTILE, (), (finding(received=HOSTILE),), known=True)


def test_hostile_text_does_not_break_a_report(tmp_path: Path) -> None:
    """Control characters and lone surrogates leave files that every reader can read."""
    write_reports(report_of(*hostile()), tmp_path)

    json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    tree = ElementTree.parse(tmp_path / "junit.xml")
    texts = "".join(text or "" for case in tree.iter() for text in (case.text, case.get("message")))
    assert "[bold]<b>&amp;]]>" in texts
    assert "\x1b" not in texts


def test_junit_counts_agree_with_its_cases() -> None:
    """The numbers of a suite are those of the elements in it; a known deviation is no failure."""
    root = ElementTree.fromstring(junit_xml(report_of(*ALL)))
    [suite] = root

    assert suite.get("tests") == str(len(suite.findall("testcase"))) == "8"
    assert suite.get("failures") == str(len(suite.findall("testcase/failure"))) == "1"
    assert suite.get("errors") == str(len(suite.findall("testcase/error"))) == "1"
    assert suite.get("skipped") == str(len(suite.findall("testcase/skipped"))) == "2"


def test_junit_of_a_failure_says_what_to_do() -> None:
    """A failure holds what was expected, what came and the line to paste."""
    root = ElementTree.fromstring(junit_xml(report_of(result_of(Outcome.FAIL))))

    case = root[0][0]
    assert (case.get("classname"), case.get("name")) == ("sls", "X-MUST-01 What X-MUST-01 says.")
    assert case[0].text == "expected: 400\nreceived: 200\ncurl http://h/"


# Folders


def test_report_makes_its_folder(tmp_path: Path) -> None:
    """The folder of a report is made, and left as it was apart from it."""
    folder = tmp_path / "a" / "b"
    prepare_folder(folder)
    assert list(folder.iterdir()) == []

    write_reports(report_of(), folder)
    assert sorted(path.name for path in folder.iterdir()) == ["junit.xml", "report.html", "report.json"]


def test_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A file where the folder should be is told before a run, and after it."""
    file = tmp_path / "file"
    file.touch()
    for folder in (file, file / "below"):
        with pytest.raises(UsageError, match=r"the report cannot be written: .* Choose another --out"):
            prepare_folder(folder)
        with pytest.raises(UsageError, match="the report cannot be written"):
            write_reports(report_of(), folder)
