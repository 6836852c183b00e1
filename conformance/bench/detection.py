"""What is detected: our suite and stock schemathesis, side by side, on faulty servers and on correct ones."""

import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
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
    work = [
        (tool, one)
        for tool in TOOLS
        for slug in slugs()
        for one in _sample(slug, peers if tool == "schemathesis" else servers)
        if f"{tool} {one.name}" not in found
    ]
    with ProcessPoolExecutor(jobs) as pool:
        for (tool, one), seen in zip(
            work, pool.map(_look, [t for t, _ in work], [v.name for _, v in work]), strict=True
        ):
            entry = {"tool": tool, "api": one.slug, "kind": one.kind.value, "warns": one.warns, **asdict(seen)}
            found[f"{tool} {one.name}"] = entry
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


def _look(tool: str, name: str) -> Seen:
    [one] = [each for each in variations() if each.name == name]
    with served([name]) as base_url:
        if base_url is None:
            return Seen("no verdict", False, 0, 0.0)
        return _schemathesis(one.slug, base_url) if tool == "schemathesis" else ours(one, base_url, tool)


def ours(one: Variation, base_url: str, depth: str) -> Seen:
    """What our suite says."""
    with tempfile.TemporaryDirectory(prefix="retryspec-") as folder:
        target = Path(folder) / "target.toml"
        target.write_text(target_text(one.slug, base_url), encoding="utf-8")
        started = time.monotonic()
        report = run(Plan(target=target, depth=depth, settle=SETTLE))
    reported = {r.behaviour.id for api in report.apis for r in api.behaviours if r.outcome in ALARMS}
    said = {0: "warned" if reported else "passed", 1: "killed"}.get(report.exit_code, "no verdict")
    named = bool(one.behaviours) and one.behaviours[0] in reported
    return Seen(said, named, sum(api.requests for api in report.apis), round(time.monotonic() - started, 2))


def _schemathesis(slug: str, base_url: str) -> Seen:
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="retryspec-") as folder:
        done = subprocess.run(
            [
                *(str(Path(sys.executable).with_name("schemathesis")), "run", str(OPENAPI / f"{slug}.yaml")),
                *("--seed", "1", "--url", base_url + ("/api/public/v1.0" if slug == "opsmanager" else "")),
            ],
            cwd=folder, capture_output=True, text=True, check=False, timeout=600,
            env={**os.environ, **CREDENTIALS, "SCHEMATHESIS_HOOKS": "retryspec.schemathesis_hooks"},
        )  # fmt: skip
    seconds = round(time.monotonic() - started, 2)
    cases = re.search(r"(\d+) generated", done.stdout)
    said = {0: "passed", 1: "killed"}.get(done.returncode, "no verdict")
    return Seen(said, False, int(cases[1]) if cases else 0, seconds)


def table(found: dict[str, Any]) -> Sequence[str]:
    """The figures as a table."""
    lines = [
        "A server is missed where a MUST is broken and the tool did not fail it, or a SHOULD and it did not warn.",
        "The seconds and requests are medians over the servers of a row.",
        "",
        "| API | tool | faulty | killed | only warned | missed | named | correct | false alarms | s | requests |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    entries = [each for each in found.values() if isinstance(each, dict)]
    for slug in slugs():
        for tool in TOOLS:
            mine = [each for each in entries if each["api"] == slug and each["tool"] == tool]
            if not mine:
                continue
            faulty = [each for each in mine if each["kind"] == "faulty"]
            right = [each for each in mine if each["kind"] == "lenient"]
            killed = [each for each in faulty if each["said"] == "killed"]
            warned = [each for each in faulty if each["said"] == "warned"]
            good = [each for each in faulty if each["said"] == "killed" or (each["said"] == "warned" and each["warns"])]
            named = sum(each["named"] for each in faulty) if tool != "schemathesis" else "-"
            alarms = sum(each["said"] in ("killed", "no verdict") for each in right)
            seconds = sorted(each["seconds"] for each in mine)[len(mine) // 2]
            requests = sorted(each["requests"] for each in mine)[len(mine) // 2]
            cells = [slug, tool, len(faulty), len(killed), len(warned), len(faulty) - len(good), named]
            cells += [len(right), alarms, seconds, requests]
            lines.append("| " + " | ".join(map(str, cells)) + " |")
    return lines
