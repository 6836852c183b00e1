"""What is detected: our suite and stock schemathesis, side by side, on faulty servers and on correct ones."""

import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from retryspec.documents import slugs
from retryspec.reference.variations import Kind, Variation, variations
from retryspec.runner import Plan, run
from retryspec.verdicts import Outcome

from bench.results import Results
from bench.servers import served, target_text

__all__ = ["measure"]

TOOLS = ("quick", "standard", "schemathesis")
SETTLE = 0.4
PEER_SECONDS = 600.0
OPENAPI = Path(__file__).parents[2] / "openapi"
CREDENTIALS = {
    "SLS_ACCESS_KEY_ID": "retryspec-id", "SLS_ACCESS_KEY_SECRET": "retryspec-secret", "SLS_PROJECT": "demo",
    "VCF_USERNAME": "admin@local", "VCF_PASSWORD": "retryspec-pass",
    "OM_PUBLIC_KEY": "retryspec", "OM_PRIVATE_KEY": "retryspec-key",
}  # fmt: skip
ALARMS = (Outcome.FAIL, Outcome.WARN, Outcome.UNSTABLE)


@dataclass(frozen=True, slots=True)
class Seen:
    """What one tool said of one server."""

    said: str
    """`killed`, `warned` or `passed`, or `no verdict`."""
    named: bool
    """Whether it named the behaviour that is broken."""
    requests: int
    seconds: float
    findings: tuple[str, ...] = ()
    """What schemathesis complained of: operations with the codes of its checks."""


def measure(results: Results, *, servers: int, peers: int, anew: bool, jobs: int) -> None:
    """Let every tool look at some servers of each API, the same for all.

    Args:
        results: where the figures go.
        servers: faulty servers of each API for our suite, and a third as many correct ones; 0 for all.
        peers: the same for schemathesis, which takes a hundred times as long.
        anew: forget what is measured already.
        jobs: processes side by side.
    """
    found = results.piece("detection", anew=anew)
    # What a tool says of the reference itself is the ground that everything else is held against.
    work: list[tuple[str, str, Variation | None]] = [
        (tool, slug, None) for tool in TOOLS for slug in slugs() if f"{tool} {slug} reference" not in found
    ]
    work += [
        (tool, slug, one)
        for tool in TOOLS
        for slug in slugs()
        for one in _sample(slug, peers if tool == "schemathesis" else servers)
        if f"{tool} {one.name}" not in found
    ]
    with ProcessPoolExecutor(jobs) as pool:
        looks = {
            pool.submit(_look, tool, slug, one.name if one else None): (tool, slug, one) for tool, slug, one in work
        }
        for look in as_completed(looks):
            tool, slug, one = looks[look]
            kind, warns = (one.kind.value, one.warns) if one else ("reference", False)
            entry = {"tool": tool, "api": slug, "kind": kind, "warns": warns, **asdict(look.result())}
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


def _look(tool: str, slug: str, name: str | None) -> Seen:
    one = next((each for each in variations() if each.name == name), None)
    with served([name] if name else []) as base_url:
        if base_url is None:
            return Seen("no verdict", False, 0, 0.0)
        if tool == "schemathesis":
            return _schemathesis(slug, base_url)
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


def _schemathesis(slug: str, base_url: str) -> Seen:
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="retryspec-") as folder:
        try:
            done = subprocess.run(
                [
                    *(str(Path(sys.executable).with_name("schemathesis")), "run", str(OPENAPI / f"{slug}.yaml")),
                    *("--seed", "1", "--url", base_url + ("/api/public/v1.0" if slug == "opsmanager" else "")),
                ],
                cwd=folder, capture_output=True, text=True, check=False, timeout=PEER_SECONDS,
                env={**os.environ, **CREDENTIALS, "SCHEMATHESIS_HOOKS": "retryspec.schemathesis_hooks"},
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return Seen("no verdict", False, 0, PEER_SECONDS)
    seconds = round(time.monotonic() - started, 2)
    cases = re.search(r"(\d+) generated", done.stdout)
    said = {0: "passed", 1: "killed"}.get(done.returncode, "no verdict")
    return Seen(said, False, int(cases[1]) if cases else 0, seconds, complaints(done.stdout))


def complaints(said: str) -> tuple[str, ...]:
    """What schemathesis found, without the examples that differ from run to run."""
    found, operation = set[str](), ""
    for line in said.splitlines():
        if heading := re.fullmatch(r"_+ (.+?) _+", line):
            operation = heading[1]
        elif complaint := re.match(r"- (ST\d+) ", line):
            found.add(f"{operation}: {complaint[1]}")
    return tuple(sorted(found))


def table(found: dict[str, Any]) -> Sequence[str]:
    """The figures as a table."""
    lines = [
        "A server is missed where a MUST is broken and the tool did not fail it, or a SHOULD and it did not warn.",
        "The seconds and requests are medians over the servers of a row, taken beside whatever else the machine did.",
        "",
        "Stock schemathesis ends in exit 1 on the reference too, so that its exit code tells no server from another.",
        "For it, killed means a complaint (an operation and a check) that it does not raise against the reference;",
        "without a finished run against the reference that cannot be told, and a dash stands there.",
        "It has neither ids of tasks nor provider states: it is what somebody gets who has only the document.",
        "",
        "| API | tool | reference | faulty | killed | only warned | missed | named | correct | alarms | s | requests |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    entries = [each for each in found.values() if isinstance(each, dict)]
    for slug in slugs():
        for tool in TOOLS:
            mine = [each for each in entries if each["api"] == slug and each["tool"] == tool]
            if mine:
                lines.append("| " + " | ".join(map(str, [slug, tool, *_row(tool, mine)])) + " |")
    return lines


def _row(tool: str, mine: list[dict[str, Any]]) -> list[object]:
    ground = next((each for each in mine if each["kind"] == "reference"), None)
    faulty = [each for each in mine if each["kind"] == "faulty"]
    right = [each for each in mine if each["kind"] == "lenient"]
    costs: list[object] = [sorted(each[key] for each in mine)[len(mine) // 2] for key in ("seconds", "requests")]
    on_reference = ground["said"] if ground else "not tried"
    if tool != "schemathesis":
        killed = sum(each["said"] == "killed" for each in faulty)
        warned = sum(each["said"] == "warned" for each in faulty)
        good = killed + sum(each["said"] == "warned" and each["warns"] for each in faulty)
        named, alarms = (
            sum(each["named"] for each in faulty),
            sum(each["said"] in ("killed", "no verdict") for each in right),
        )
        return [on_reference, len(faulty), killed, warned, len(faulty) - good, named, len(right), alarms, *costs]
    if ground is None or ground["said"] == "no verdict":
        return [on_reference, len(faulty), "-", "-", "-", "-", len(right), "-", *costs]
    usual = set(ground["findings"])
    seen = f"exit {int(bool(usual))}, {len(usual)} complaints"
    killed, alarms = (sum(bool(set(each["findings"]) - usual) for each in group) for group in (faulty, right))
    return [seen, len(faulty), killed, "-", len(faulty) - killed, "-", len(right), alarms, *costs]
