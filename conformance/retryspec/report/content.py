"""The content of `report.json`, whose form is fixed; `report.schema.json` beside this module is its JSON Schema."""

import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from itertools import count
from typing import Any

from retryspec import __version__
from retryspec.runner import ApiReport, RunReport
from retryspec.verdicts import BehaviourResult, ExchangeRecord, Finding, Outcome

__all__ = ["numbered_findings", "report_json", "report_schema"]

FORMAT = "retryspec-report/1"


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
    text = files("retryspec.report").joinpath("report.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def report_json(report: RunReport) -> dict[str, Any]:
    """The content of `report.json`."""
    numbered = numbered_findings(report)
    return {
        "format": FORMAT,
        "tool": {
            "name": "retryspec",
            "version": __version__,
            "seed": report.seed,
            "depth": report.depth,
            **({"shard": "/".join(map(str, report.shard))} if report.shard else {}),
        },
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
        **({"trouble": api.trouble} if api.trouble else {}),
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
