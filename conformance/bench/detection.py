"""What is detected: our suite and stock schemathesis, side by side, on faulty servers and on correct ones."""

import random
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path
from typing import Any

from retryspec.documents import slugs
from retryspec.reference.variations import Kind, Variation, variations
from retryspec.runner import Plan, run
from retryspec.verdicts import Outcome

from bench.peers import PEERS, Seen
from bench.results import Results
from bench.servers import served, target_text

__all__ = ["alarms", "measure", "missed", "table"]

DEPTHS = ("quick", "standard")
SETTLE = 0.4
ALARMS = (Outcome.FAIL, Outcome.WARN, Outcome.UNSTABLE)


def measure(results: Results, *, servers: int, peers: int, anew: bool, jobs: int) -> None:
    """Let every tool look at some servers of each API, the same for all.

    Args:
        results: where the figures go.
        servers: faulty servers of each API for our suite, and a third as many correct ones; 0 for all.
        peers: the same for the other tools, of which schemathesis takes a hundred times as long.
        anew: forget what is measured already.
        jobs: processes side by side.
    """
    found = results.piece("detection", anew=anew)
    # What a tool says of the reference itself is the ground that everything else is held against.
    work: list[tuple[str, str, Variation | None]] = [
        (tool, slug, None) for tool in (*DEPTHS, *PEERS) for slug in slugs() if f"{tool} {slug} reference" not in found
    ]
    work += [
        (tool, slug, one)
        for tool in (*DEPTHS, *PEERS)
        for slug in slugs()
        for one in _sample(slug, peers if tool in PEERS else servers)
        if f"{tool} {one.name}" not in found
    ]
    with ProcessPoolExecutor(jobs) as pool:
        looks = {
            pool.submit(_look, tool, slug, one.name if one else None): (tool, slug, one) for tool, slug, one in work
        }
        for look in as_completed(looks):
            tool, slug, one = looks[look]
            about: dict[str, object] = {"kind": "reference"}
            if one:
                about = {"kind": one.kind.value, "warns": one.warns, "slow": one.slow, "class": _class(one)}
            entry = {"tool": tool, "api": slug, **about, **asdict(look.result())}
            found[f"{tool} {one.name if one else slug + ' reference'}"] = entry
            results.save()


def _sample(slug: str, most: int) -> list[Variation]:
    chance = random.Random(slug)
    faulty, lenient = variations(slug, Kind.FAULTY), variations(slug, Kind.LENIENT)
    if not most:
        return [*faulty, *lenient]
    return [
        *chance.sample(faulty, min(most, len(faulty))),
        *chance.sample(lenient, min(max(1, most // 3), len(lenient))),
    ]


def _class(one: Variation) -> str:
    """What a variation is about: the name of its module without the API's."""
    return one.make.__module__.rpartition(".")[2].removeprefix(one.slug).strip("_").replace("_", " ")


def _look(tool: str, slug: str, name: str | None) -> Seen:
    one = next((each for each in variations() if each.name == name), None)
    with served([name] if name else []) as base_url:
        if base_url is None:
            return Seen("no verdict", False, 0, 0.0)
        if tool in PEERS:
            return PEERS[tool](slug, base_url)
        return ours(slug, one.behaviours if one else (), base_url, tool)


def ours(slug: str, broken: Sequence[str], base_url: str, depth: str) -> Seen:
    """What our suite says."""
    with tempfile.TemporaryDirectory(prefix="retryspec-") as folder:
        target = Path(folder) / "target.toml"
        target.write_text(target_text(slug, base_url), encoding="utf-8")
        started = time.monotonic()
        report = run(Plan(target=target, depth=depth, settle=SETTLE))
    reported = {r.behaviour.id for api in report.apis for r in api.behaviours if r.outcome in ALARMS}
    said = {0: "warned" if reported else "passed", 1: "killed"}.get(report.exit_code, "no verdict")
    named = bool(broken) and broken[0] in reported
    return Seen(said, named, sum(api.requests for api in report.apis), round(time.monotonic() - started, 2))


def table(found: dict[str, Any]) -> Sequence[str]:
    """The figures as two tables: all servers, and the faulty ones by what they are about."""
    lines = [
        "A server is missed where a MUST is broken and the tool did not fail it, or a SHOULD and it did not warn.",
        "Faults that `quick` is not meant to find, since only generated requests show them, are not in its row.",
        "The seconds and requests are medians over the servers of a row, taken beside whatever else the machine did.",
        "",
        "Stock schemathesis ends in exit 1 on the reference too, so that its exit code tells no server from another.",
        "For it, killed means a complaint (an operation and a check) that it does not raise against the reference;",
        "without a finished run against the reference that cannot be told, and a dash stands there.",
        "It has neither ids of tasks nor provider states: it is what somebody gets who has only the document.",
        "Redocly Respect follows the Arazzo document; it cannot sign for SLS.",
        "",
        "| API | tool | reference | faulty | killed | only warned | missed | named | correct | alarms | s | requests |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    rows = {(slug, tool): _entries(found, slug, tool) for slug in slugs() for tool in (*DEPTHS, *PEERS)}
    for (slug, tool), mine in rows.items():
        if mine:
            lines.append("| " + " | ".join(map(str, [slug, tool, *_row(tool, mine)])) + " |")
    lines += ["", "Found, of the faulty servers tried, by what they are about:", ""]
    lines += ["| API | about | " + " | ".join((*DEPTHS, *PEERS)) + " |", "|---" * (2 + len(DEPTHS) + len(PEERS)) + "|"]
    for slug in slugs():
        about = {each["class"] for tool in (*DEPTHS, *PEERS) for each in rows[slug, tool] if each["kind"] == "faulty"}
        for each in sorted(about):
            cells = [_share(tool, rows[slug, tool], each) for tool in (*DEPTHS, *PEERS)]
            lines.append(f"| {slug} | {each} | " + " | ".join(cells) + " |")
    return lines


def missed(found: dict[str, Any], tool: str) -> list[str]:
    """The faulty servers that a depth of ours did not find."""
    judged = [each for slug in slugs() for each in _entries(found, slug, tool)]
    return [each["name"] for each in judged if each["kind"] == "faulty" and not _is_found(tool, each, set())]


def alarms(found: dict[str, Any], tool: str) -> list[str]:
    """The correct servers, the reference among them, that a depth of ours did not pass."""
    judged = [each for slug in slugs() for each in _entries(found, slug, tool)]
    return [each["name"] for each in judged if each["kind"] != "faulty" and each["said"] in ("killed", "no verdict")]


def _entries(found: dict[str, Any], slug: str, tool: str) -> list[dict[str, Any]]:
    return [
        {**each, "name": name.partition(" ")[2]}
        for name, each in found.items()
        if isinstance(each, dict)
        and (each["api"], each["tool"]) == (slug, tool)
        and not (tool == "quick" and each.get("slow"))
    ]


def _is_found(tool: str, each: dict[str, Any], usual: set[str]) -> bool:
    if tool == "schemathesis":
        return bool(set(each["findings"]) - usual)
    return bool(each["said"] == "killed" or (each["said"] == "warned" and each.get("warns")))


def _ground(mine: list[dict[str, Any]]) -> tuple[str, set[str]] | None:
    """What a tool says of the reference: nothing else it says means anything without that."""
    ground = next((each for each in mine if each["kind"] == "reference"), None)
    return None if ground is None or ground["said"] == "no verdict" else (ground["said"], set(ground["findings"]))


def _share(tool: str, mine: list[dict[str, Any]], about: str) -> str:
    ground, group = _ground(mine), [each for each in mine if each.get("class") == about and each["kind"] == "faulty"]
    if ground is None or not group:
        return "-"
    return f"{sum(_is_found(tool, each, ground[1]) for each in group)} of {len(group)}"


def _row(tool: str, mine: list[dict[str, Any]]) -> list[object]:
    ground = _ground(mine)
    faulty = [each for each in mine if each["kind"] == "faulty"]
    right = [each for each in mine if each["kind"] == "lenient"]
    costs: list[object] = [sorted(each[key] for each in mine)[len(mine) // 2] for key in ("seconds", "requests")]
    if ground is None:
        return ["no verdict", len(faulty), "-", "-", "-", "-", len(right), "-", *costs]
    on_reference, usual = ground
    good = sum(_is_found(tool, each, usual) for each in faulty)
    if tool == "schemathesis":
        on_reference = f"exit {int(bool(usual))}, {len(usual)} complaints"
        alarmed = sum(_is_found(tool, each, usual) for each in right)
        return [on_reference, len(faulty), good, "-", len(faulty) - good, "-", len(right), alarmed, *costs]
    killed, warned = (sum(each["said"] == word for each in faulty) for word in ("killed", "warned"))
    named: object = sum(each["named"] for each in faulty) if tool in DEPTHS else "-"
    alarmed = sum(each["said"] in ("killed", "no verdict") for each in right)
    return [on_reference, len(faulty), killed, warned, len(faulty) - good, named, len(right), alarmed, *costs]
