"""Puts reports together: shards of one run into one report, and runs against several servers into a matrix."""

from collections.abc import Mapping, Sequence
from typing import Any

from retryspec.errors import UsageError
from retryspec.verdicts import ELSEWHERE, NO_CHECK_RAN, PARTLY, UNOBSERVABLE, too_few

__all__ = ["are_shards", "matrix", "merged"]

# The worst that any shard says of a behaviour is true of the whole; where one looked, that others did not says nothing.
WORST_FIRST = ("error", "fail", "unstable", "warn", "untested", "pass", "skipped")


def are_shards(reports: Sequence[Mapping[str, Any]]) -> bool:
    """Whether reports are shards of one run."""
    return all("shard" in report["tool"] for report in reports)


def merged(reports: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One report of the shards of a run.

    Raises:
        UsageError: they are not all the shards of one run.
    """
    shards = sorted(tuple(map(int, report["tool"]["shard"].split("/"))) for report in reports)
    if shards != [(part, len(reports)) for part in range(1, len(reports) + 1)]:
        named = ", ".join(f"{part}/{of}" for part, of in shards)
        raise UsageError(f"These are not all shards of one run: {named}.")
    first = reports[0]
    for report in reports[1:]:
        for what in ("seed", "depth", "version"):
            if report["tool"][what] != first["tool"][what]:
                raise UsageError(f"The shards were not run alike: they differ in {what}.")
    apis = [
        _merged_api([api for report in reports for api in report["apis"] if api["api"] == name])
        for name in _names(reports)
    ]
    tool = {key: value for key, value in first["tool"].items() if key != "shard"}
    return {
        **first,
        "tool": tool,
        "started": min(report["started"] for report in reports),
        "seconds": max(report["seconds"] for report in reports),
        "verdict": _verdict([api["verdict"] for api in apis]),
        "apis": _renumbered(apis),
    }


def _names(reports: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(api["api"] for report in reports for api in report["apis"]))


def _merged_api(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    if len({part["base_url"] for part in parts}) > 1:
        raise UsageError(
            f"The shards are of different servers: {', '.join(sorted({part['base_url'] for part in parts}))}."
        )
    if len({tuple(behaviour["id"] for behaviour in part["behaviours"]) for part in parts}) > 1:
        raise UsageError(f"The shards are of different catalogues: their behaviours of {parts[0]['api']} differ.")
    behaviours = [_merged_behaviour(each) for each in zip(*(part["behaviours"] for part in parts), strict=True)]
    outcomes = [behaviour["outcome"] for behaviour in behaviours]
    api = {
        **parts[0],
        "verdict": _api_verdict(parts),
        "requests": sum(part["requests"] for part in parts),
        "counts": {name: outcomes.count(name) for name in parts[0]["counts"]},
        "behaviours": behaviours,
    }
    for name in ("properties", "trouble"):
        # The generated requests of an API are one check, so at most one part has them.
        if found := [part[name] for part in parts if name in part]:
            api[name] = found[0]
    if sent := [part["sent"] for part in parts if "sent" in part]:
        api["sent"] = {
            "requests": sum(each["requests"] for each in sent),
            "changing": sum(each["changing"] for each in sent),
            "ids": list(dict.fromkeys(name for each in sent for name in each["ids"]))[:1000],
        }
    return api


def _merged_behaviour(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    looked = [part for part in parts if not _is_elsewhere(part)]
    worst = min(looked or parts, key=lambda part: WORST_FIRST.index(part["outcome"]))
    # As in a whole run, what several checks saw alike is one finding.
    findings: dict[tuple[str, str], Any] = {}
    for each in (each for part in parts for each in part["findings"]):
        findings.setdefault((each["expected"], each["received"]), each)
    return {
        **worst,
        # No part has a check for it, so a whole run would have had none either.
        **({} if looked else {"outcome": "untested", "reason": NO_CHECK_RAN}),
        "checks": list(dict.fromkeys(check for part in parts for check in part["checks"])),
        "findings": list(findings.values()),
    }


def _is_elsewhere(behaviour: Mapping[str, Any]) -> bool:
    return behaviour["reason"] in (ELSEWHERE, NO_CHECK_RAN)


def _api_verdict(parts: Sequence[Mapping[str, Any]]) -> str:
    """The verdict on an API as a whole run gives it, see `retryspec.verdicts.api_verdict`."""
    verdicts = [part["verdict"] for part in parts]
    if "breaks" in verdicts:
        return "breaks"
    if any("trouble" in part or part["counts"]["error"] for part in parts):
        return "incomplete"
    wanted = [each for each in zip(*(part["behaviours"] for part in parts), strict=True) if _is_wanted(each)]
    tested = [each for each in wanted if any(_is_tested(part) for part in each)]
    if not tested or too_few(_musts(tested), _musts(wanted)):
        return "incomplete"
    return "conforms"


def _is_wanted(parts: Sequence[Mapping[str, Any]]) -> bool:
    looked = [part for part in parts if not _is_elsewhere(part)]
    skipped = looked and all(part["outcome"] == "skipped" for part in looked)
    return not skipped and not any(str(part["reason"]).startswith(UNOBSERVABLE) for part in parts)


def _is_tested(behaviour: Mapping[str, Any]) -> bool:
    partly = behaviour["outcome"] == "untested" and PARTLY in str(behaviour["reason"])
    return partly or behaviour["outcome"] not in ("untested", "skipped")


def _musts(behaviours: Sequence[Sequence[Mapping[str, Any]]]) -> int:
    return sum(parts[0]["level"] == "MUST" for parts in behaviours)


def _verdict(verdicts: Sequence[str]) -> str:
    return next((each for each in ("breaks", "incomplete") if each in verdicts), "conforms")


def _renumbered(apis: list[dict[str, Any]]) -> list[dict[str, Any]]:
    number = 0
    for api in apis:
        for behaviour in api["behaviours"]:
            renamed = []
            for finding in behaviour["findings"]:
                number += 1
                renamed.append({**finding, "id": f"F{number}"})
            behaviour["findings"] = renamed
    return apis


def matrix(reports: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Behaviours by servers: the outcome of each behaviour in each report, by the name of the report."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    apis = dict.fromkeys(api["api"] for report in reports.values() for api in report["apis"])
    for name, report in reports.items():
        for api in report["apis"]:
            for behaviour in api["behaviours"]:
                row = rows.setdefault(
                    (api["api"], behaviour["id"]),
                    {
                        "api": api["api"],
                        "id": behaviour["id"],
                        "level": behaviour["level"],
                        "says": behaviour["says"],
                        "outcomes": {},
                    },
                )
                row["outcomes"][name] = behaviour["outcome"]
    verdicts = {name: {api["api"]: api["verdict"] for api in report["apis"]} for name, report in reports.items()}
    return {
        "servers": list(reports),
        "verdicts": verdicts,
        # By API, since the reports may name them in different orders, and each only some.
        "rows": sorted(rows.values(), key=lambda row: list(apis).index(row["api"])),
    }
