"""Automatic mutants of the reference server's own code, killed over HTTP by the suite alone.

cosmic-ray thinks the changes up; each is served by a process that has a changed copy of the package.
"""

import difflib
import hashlib
import random
import shutil
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import retryspec
from retryspec.documents import slugs
from retryspec.runner import Plan, run

from bench.results import FOLDER, Results
from bench.servers import served, target_text

__all__ = ["measure"]

PACKAGE = Path(retryspec.__file__).parent
SETTLE = 0.4

# What makes no difference over HTTP, or none that a contract speaks of: annotations, and numbers in texts.
LEFT_OUT = (
    "core/ReplaceBinaryOperator_BitOr",
    "core/RemoveDecorator",
    "core/ExceptionReplacer",
    "core/VariableReplacer",
    "core/VariableInserter",
)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one file."""

    slug: str
    file: str
    operator: str
    occurrence: int
    diff: str
    code: str

    @property
    def name(self) -> str:
        """What tells it apart, whatever else of the file changes."""
        return hashlib.sha256(f"{self.file}\n{self.diff}".encode()).hexdigest()[:12]


def measure(results: Results, *, mutants: int, anew: bool, jobs: int) -> None:
    """Kill some mutants of each API's server; 0 for all."""
    found = results.piece("mutants", anew=anew)
    chosen = [
        each for slug in slugs() for each in _sample(list(_mutants(slug)), mutants, slug) if each.name not in found
    ]
    with ProcessPoolExecutor(jobs) as pool:
        for each, said in zip(chosen, pool.map(_killed, chosen), strict=True):
            found[each.name] = {key: value for key, value in asdict(each).items() if key != "code"} | {"said": said}
            results.save()


def _sample(every: list[Mutant], most: int, slug: str) -> list[Mutant]:
    return random.Random(slug).sample(every, min(most, len(every))) if most else every


def _files(slug: str) -> list[Path]:
    return [*sorted((PACKAGE / "reference" / slug).glob("*.py")), PACKAGE / "authentication" / f"{slug}.py"]


def _mutants(slug: str) -> Iterator[Mutant]:
    from cosmic_ray import plugins
    from cosmic_ray.mutating import mutate_code

    for path in _files(slug):
        if path.name in ("__init__.py", "introduction.py", "sample.py"):
            continue
        before = path.read_text(encoding="utf-8")
        for operator in plugins.operator_names():
            if operator.startswith(LEFT_OUT):
                continue
            for occurrence in range(200):
                after = mutate_code(before, plugins.get_operator(operator)(), occurrence)
                if after is None:
                    break
                lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
                diff = "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@")))
                if diff:
                    yield Mutant(slug, str(path.relative_to(PACKAGE)), operator, occurrence, diff, after)


def _killed(mutant: Mutant) -> str:
    with tempfile.TemporaryDirectory(prefix="retryspec-") as folder:
        package = Path(folder) / "package"
        shutil.copytree(PACKAGE, package / "retryspec", ignore=shutil.ignore_patterns("__pycache__", "suite"))
        (package / "retryspec" / mutant.file).write_text(mutant.code, encoding="utf-8")
        with served(package=package) as base_url:
            if base_url is None:
                return "does not run"
            target = Path(folder) / "target.toml"
            target.write_text(target_text(mutant.slug, base_url), encoding="utf-8")
            for depth in ("quick", "standard"):
                report = run(Plan(target=target, depth=depth, settle=SETTLE, max_time=120))
                if report.exit_code != 0:
                    return {1: "killed", 3: "does not run"}[report.exit_code]
            warned = any(api.count(outcome) for api in report.apis for outcome in ("warn", "unstable"))  # type: ignore[arg-type]  # by value
            return "warned" if warned else "survived"


def reasons() -> dict[str, str]:
    """Why a survivor is none: it is equivalent, or the contract leaves it open."""
    path = FOLDER / "survivors.toml"
    found: dict[str, str] = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found


def table(found: dict[str, Any]) -> Sequence[str]:
    """The figures as a table, and the survivors."""
    known = reasons()
    lines = [
        "| API | mutants | does not run | killed | only warned | survived | equivalent or open | found of the rest |",
        "|---|---|---|---|---|---|---|---|",
    ]
    entries = {name: each for name, each in found.items() if isinstance(each, dict)}
    for slug in slugs():
        mine = {name: each for name, each in entries.items() if each["slug"] == slug}
        said = [each["said"] for each in mine.values()]
        excused = sum(each["said"] == "survived" and name in known for name, each in mine.items())
        killed, warned = said.count("killed") + said.count("does not run"), said.count("warned")
        rest = len(said) - excused
        share = f"{100 * (killed + warned) / rest:.1f} %" if rest else "-"
        lines.append(
            f"| {slug} | {len(said)} | {said.count('does not run')} | {said.count('killed')} | {warned} "
            f"| {said.count('survived')} | {excused} | {share} |"
        )
    lines += ["", "Survivors:", ""]
    for name, each in sorted(entries.items(), key=lambda pair: pair[1]["file"]):
        if each["said"] == "survived":
            change = each["diff"].replace("\n", " / ").replace("|", "\\|")
            lines.append(f"- `{name}` {each['file']}: `{change[:200]}` {known.get(name, 'no reason is known')}")
    return lines
