"""Turns what a run says into files: `report.json`, whose form is fixed, and `junit.xml`.

`report.schema.json` beside this module is the JSON Schema of `report.json`.
"""

import json
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from itertools import count
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from retryspec import __version__
from retryspec.errors import UsageError
from retryspec.runner import ApiReport, RunReport
from retryspec.verdicts import BehaviourResult, ExchangeRecord, Finding, Outcome

__all__ = ["junit_xml", "numbered_findings", "report_json", "report_schema", "write_reports"]

FORMAT = "retryspec-report/1"


def write_reports(report: RunReport, folder: Path) -> None:
    """Write `report.json` and `junit.xml` into a folder, which is made if need be.

    Raises:
        UsageError: they cannot be written.
    """
    texts = {
        "report.json": json.dumps(report_json(report), indent=1, ensure_ascii=False),
        "junit.xml": junit_xml(report),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            # What came from a server was made fit for UTF-8 long before; a report must not fail on what did not.
            (folder / name).write_text(text + "\n", encoding="utf-8", errors="replace")
    except OSError as error:
        raise UsageError(f"{folder}: the report cannot be written: {error.strerror}. Choose another --out.") from None


def prepare_folder(folder: Path) -> None:
    """Make sure, before a run, that its report can be written.

    Raises:
        UsageError: it cannot.
    """
    probe = folder / ".writable"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise UsageError(f"{folder}: the report cannot be written: {error.strerror}. Choose another --out.") from None


def numbered_findings(report: RunReport) -> dict[str, list[tuple[str, BehaviourResult, Finding]]]:
    """Every finding by API with its id, `F1` and so on through the whole report, in the order of the documents."""
    numbers = count(1)
    return {
        api.slug: [(f"F{next(numbers)}", result, finding) for result in api.behaviours for finding in result.findings]
        for api in report.apis
    }


@cache
def report_schema() -> dict[str, Any]:
    """The JSON Schema of `report.json`."""
    text = files("retryspec").joinpath("report.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def report_json(report: RunReport) -> dict[str, Any]:
    """The content of `report.json`."""
    numbered = numbered_findings(report)
    return {
        "format": FORMAT,
        "tool": {"name": "retryspec", "version": __version__, "seed": report.seed, "depth": report.depth},
        "started": report.started.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "seconds": round(report.seconds, 3),
        "verdict": report.verdict.value,
        "apis": [_api(api, numbered[api.slug]) for api in report.apis],
    }


def _api(api: ApiReport, numbered: list[tuple[str, BehaviourResult, Finding]]) -> dict[str, Any]:
    ids = {id(finding): number for number, _, finding in numbered}
    return {
        "api": api.slug,
        "base_url": api.base_url,
        "verdict": api.verdict.value,
        "requests": api.requests,
        "counts": {outcome.value: api.count(outcome) for outcome in Outcome},
        "behaviours": [_behaviour(result, ids) for result in api.behaviours],
        **({"sent": _sent(api)} if api.requests else {}),
        **({"properties": _properties(api)} if api.reached else {}),
    }


def _sent(api: ApiReport) -> dict[str, Any]:
    """What was sent that can change state, and to which ids."""
    return {"requests": api.requests, "changing": api.changing, "ids": list(api.changed)}


def _properties(api: ApiReport) -> dict[str, Any]:
    """How many generated requests reached which status of which operation."""
    return {
        "cases": sum(sum(statuses.values()) for statuses in api.reached.values()),
        "reached": {
            operation: {str(status): cases for status, cases in statuses.items()}
            for operation, statuses in api.reached.items()
        },
    }


def _behaviour(result: BehaviourResult, ids: dict[int, str]) -> dict[str, Any]:
    return {
        "id": result.behaviour.id,
        "level": result.behaviour.level.value,
        "outcome": result.outcome.value,
        "says": result.behaviour.says,
        "source": result.behaviour.source,
        "reason": result.reason,
        "checks": list(result.checks),
        "findings": [_finding(ids[id(finding)], finding) for finding in result.findings],
    }


def _finding(number: str, finding: Finding) -> dict[str, Any]:
    exchange = finding.exchange
    return {
        "id": number,
        "check": finding.check,
        "expected": finding.expected,
        "received": finding.received,
        "curl": exchange.curl if exchange else None,
        "request": _request(exchange) if exchange else None,
        "response": _response(exchange) if exchange and exchange.status is not None else None,
    }


def _request(exchange: ExchangeRecord) -> dict[str, Any]:
    return {
        "method": exchange.method,
        "url": exchange.url,
        "headers": _headers(exchange.request_headers),
        "body": exchange.request_body,
    }


def _response(exchange: ExchangeRecord) -> dict[str, Any]:
    return {
        "status": exchange.status,
        "headers": _headers(exchange.response_headers),
        "body": exchange.response_body,
        "seconds": exchange.seconds,
    }


def _headers(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined


def junit_xml(report: RunReport) -> str:
    """The run as JUnit XML: a suite per API, a case per behaviour."""
    root = ElementTree.Element("testsuites", name="retryspec", time=f"{report.seconds:.3f}")
    for api in report.apis:
        failures = sum(result.outcome is Outcome.FAIL and not result.known for result in api.behaviours)
        errors = api.count(Outcome.ERROR)
        skipped = api.count(Outcome.UNTESTED) + api.count(Outcome.SKIPPED)
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=api.slug,
            tests=str(len(api.behaviours)),
            failures=str(failures),
            errors=str(errors),
            skipped=str(skipped),
        )
        for result in api.behaviours:
            _add_case(suite, api.slug, result)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=False)


def _add_case(suite: ElementTree.Element, slug: str, result: BehaviourResult) -> None:
    case = ElementTree.SubElement(
        suite, "testcase", classname=slug, name=f"{result.behaviour.id} {_xml_text(result.behaviour.says)}"
    )
    told = "\n\n".join(
        f"expected: {finding.expected}\nreceived: {finding.received}"
        + (f"\n{f.curl}" if (f := finding.exchange) else "")
        for finding in result.findings
    )
    reason = _xml_text(result.reason or "")
    match result.outcome:
        case Outcome.FAIL if not result.known:
            ElementTree.SubElement(case, "failure", message=result.behaviour.id).text = _xml_text(told)
        case Outcome.ERROR:
            ElementTree.SubElement(case, "error", message=result.behaviour.id).text = reason
        case Outcome.UNTESTED | Outcome.SKIPPED:
            ElementTree.SubElement(case, "skipped", message=f"{result.outcome}: {reason}")
        case Outcome.PASS:
            pass
        case _:
            ElementTree.SubElement(case, "system-out").text = _xml_text(f"{result.outcome}: {reason}\n{told}")


# XML 1.0 has no way to write these, not even escaped.
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _xml_text(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)
