"""Puts reports together: shards of one run into one report, and runs against several servers into a matrix."""

from collections.abc import Mapping, Sequence
from typing import Any

from retryspec.errors import UsageError

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
    shards = [report["tool"].get("shard") for report in reports]
    of = {str(shard).partition("/")[2] for shard in shards}
    if len(of) > 1 or sorted(shards) != [f"{number}/{max(of)}" for number in range(1, int(max(of)) + 1)]:
        raise UsageError(f"These are not all shards of one run: {', '.join(map(str, shards))}.")
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
    behaviours = [_merged_behaviour(each) for each in zip(*(part["behaviours"] for part in parts), strict=True)]
    outcomes = [behaviour["outcome"] for behaviour in behaviours]
    api = {
        **parts[0],
        "verdict": _verdict([part["verdict"] for part in parts]),
        "requests": sum(part["requests"] for part in parts),
        "counts": {name: outcomes.count(name) for name in parts[0]["counts"]},
        "behaviours": behaviours,
    }
    api.pop("properties", None)
    if found := [part["properties"] for part in parts if "properties" in part]:
        api["properties"] = found[0]
    if sent := [part["sent"] for part in parts if "sent" in part]:
        api["sent"] = {
            "requests": sum(each["requests"] for each in sent),
            "changing": sum(each["changing"] for each in sent),
            "ids": list(dict.fromkeys(name for each in sent for name in each["ids"]))[:1000],
        }
    return api


def _merged_behaviour(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    looked = [part for part in parts if part["outcome"] != "skipped"] or list(parts)
    worst = min(looked, key=lambda part: WORST_FIRST.index(part["outcome"]))
    return {
        **worst,
        "checks": list(dict.fromkeys(check for part in parts for check in part["checks"])),
        "findings": [finding for part in parts for finding in part["findings"]],
    }


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
    return {"servers": list(reports), "rows": list(rows.values())}
