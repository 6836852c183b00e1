"""Automatic mutants of the reference server's own code, killed over HTTP by the suite alone.

cosmic-ray thinks the changes up; each is served by a process that has a changed copy of the package.
"""

import ast
import difflib
import hashlib
import random
import shutil
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import retryspec
from retryspec.documents import slugs
from retryspec.runner import Plan, run
from retryspec.verdicts import Outcome

from bench.results import FOLDER, Results
from bench.servers import served, target_text

__all__ = ["measure", "reasons", "score", "table"]

PACKAGE = Path(retryspec.__file__).parent
SETTLE = 0.4
MOST_SECONDS = 240.0

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
        return hashlib.sha256(f"{self.file or self.slug}\n{self.diff}".encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Place:
    """Where one operator of cosmic-ray changes something."""

    path: Path
    operator: str
    occurrence: int
    start: tuple[int, int]
    within: str
    """The function around it; empty for none."""
    line: str

    @property
    def kind(self) -> str:
        """What is changed, whatever it is changed into."""
        return "_".join(self.operator.split("_")[:2])


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A piece of code in which no change is one that a client could hold against a server."""

    file: str
    why: str
    within: str = ""
    line: str = ""

    def covers(self, place: Place) -> bool:
        """Whether a place lies in it."""
        return (
            fnmatchcase(str(place.path.relative_to(PACKAGE)), self.file)
            and (not self.within or self.within == place.within)
            and self.line in place.line
        )


@cache
def left_out() -> tuple[LeftOut, ...]:
    """The pieces of code that are not changed, each with its reason."""
    found = tomllib.loads((FOLDER / "survivors.toml").read_text(encoding="utf-8"))
    return tuple(LeftOut(**each) for each in found["left_out"])


def measure(results: Results, *, mutants: int, anew: bool, jobs: int) -> None:
    """Kill some mutants of each API's server; 0 for all."""
    found = results.piece("mutants", anew=anew)
    # A kill counts only beside a copy without a change that passes in the same way.
    controls = [Mutant(slug, "", "control", 0, "", "") for slug in slugs()]
    mutated = [each for slug in slugs() for each in _mutants(slug, mutants)]
    # Two places may change in the same way, which only shows once all changes are made.
    found["places"] = sum(len(list(chosen_places(slug))) for slug in slugs()) if mutants else len(mutated)
    chosen = [each for each in (*controls, *mutated) if each.name not in found]
    with ProcessPoolExecutor(jobs) as pool:
        for each, said in zip(chosen, pool.map(_killed, chosen), strict=True):
            found[each.name] = {key: value for key, value in asdict(each).items() if key != "code"} | {"said": said}
            results.save()


def _files(slug: str) -> list[Path]:
    return [*sorted((PACKAGE / "reference" / slug).glob("*.py")), PACKAGE / "authentication" / f"{slug}.py"]


def _mutants(slug: str, most: int) -> Iterator[Mutant]:
    from cosmic_ray import plugins  # pyright: ignore[reportMissingImports]  # of the group bench
    from cosmic_ray.mutating import mutate_code  # pyright: ignore[reportMissingImports]  # of the group bench

    places = list(chosen_places(slug))
    random.Random(slug).shuffle(places)
    names: set[str] = set()
    for place in places:
        if most and len(names) == most:
            return
        before = place.path.read_text(encoding="utf-8")
        after = mutate_code(before, plugins.get_operator(place.operator)(), place.occurrence)
        lines = difflib.unified_diff(before.splitlines(), (after or before).splitlines(), lineterm="", n=0)
        # The first two lines name files.
        diff = "\n".join(line for line in list(lines)[2:] if not line.startswith("@@"))
        mutant = Mutant(
            slug, str(place.path.relative_to(PACKAGE)), place.operator, place.occurrence, diff, after or before
        )
        if diff and mutant.name not in names:
            names.add(mutant.name)
            yield mutant


def chosen_places(slug: str) -> Iterator[Place]:
    """One change of each kind at each place: a plus that becomes a minus, or a modulo, or a shift, is one kind."""
    kinds: dict[tuple[Path, int, int, str], list[Place]] = {}
    for place in _places(slug):
        if not any(rule.covers(place) for rule in left_out()):
            kinds.setdefault((place.path, *place.start, place.kind), []).append(place)
    for (path, *start, kind), places in kinds.items():
        yield random.Random(f"{path.name} {start} {kind}").choice(places)


def _places(slug: str) -> Iterator[Place]:
    """Where which operator can change something: found without making the changes, which takes minutes."""
    from cosmic_ray import plugins  # pyright: ignore[reportMissingImports]  # of the group bench
    from cosmic_ray.ast import ast_nodes, get_ast  # pyright: ignore[reportMissingImports]  # of the group bench

    for path in _files(slug):
        if path.name in ("__init__.py", "introduction.py", "sample.py"):
            continue
        text = path.read_text(encoding="utf-8")
        nodes = list(ast_nodes(get_ast(text)))
        functions = _functions(text)
        for name in sorted(plugins.operator_names()):
            if not name.startswith(LEFT_OUT):
                operator = plugins.get_operator(name)()
                starts = [start for node in nodes for start, _ in operator.mutation_positions(node)]
                for occurrence, start in enumerate(starts):
                    line = text.splitlines()[start[0] - 1].strip()
                    yield Place(path, name, occurrence, start, functions.get(start[0], ""), line)


def _functions(text: str) -> dict[int, str]:
    """The function or method that each line of a module stands in."""
    found: dict[int, str] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            # Walking goes from the outside to the inside.
            found |= dict.fromkeys(range(node.lineno, (node.end_lineno or node.lineno) + 1), node.name)
    return found


def _killed(mutant: Mutant) -> str:
    with tempfile.TemporaryDirectory(prefix="retryspec-") as folder:
        package = Path(folder) / "package"
        shutil.copytree(PACKAGE, package / "retryspec", ignore=shutil.ignore_patterns("__pycache__", "suite"))
        if mutant.file:
            (package / "retryspec" / mutant.file).write_text(mutant.code, encoding="utf-8")
        with served(package=package) as base_url:
            if base_url is None:
                return "does not run"
            target = Path(folder) / "target.toml"
            target.write_text(target_text(mutant.slug, base_url), encoding="utf-8")
            for depth in ("quick", "standard"):
                report = run(Plan(target=target, depth=depth, settle=SETTLE, max_time=MOST_SECONDS))
                if report.exit_code == 1:
                    return "killed"
                if report.exit_code == 3:
                    return "no verdict" if report.seconds >= MOST_SECONDS else "does not run"
            warned = any(api.count(outcome) for api in report.apis for outcome in (Outcome.WARN, Outcome.UNSTABLE))
            return "warned" if warned else "survived"


def reasons() -> dict[str, str]:
    """Why a survivor is none: it is equivalent, or the contract leaves it open."""
    found: dict[str, str] = tomllib.loads((FOLDER / "survivors.toml").read_text(encoding="utf-8"))["survivors"]
    return found


def score(found: dict[str, Any]) -> tuple[int, int]:
    """How many mutants were killed, of how many that are not equivalent."""
    known = reasons()
    judged = {
        name: each["said"]
        for name, each in found.items()
        if isinstance(each, dict) and each["operator"] != "control" and each["said"] in ("killed", "warned", "survived")
    }
    killed = sum(said == "killed" for said in judged.values())
    return killed, killed + sum(said != "killed" and name not in known for name, said in judged.items())


def table(found: dict[str, Any]) -> Sequence[str]:
    """The figures as a table, and the survivors."""
    known = reasons()
    lines = [
        "Killed means exit code 1; a warning is no kill. What does not run or came to no verdict is in no score.",
        "Code in which no client could see a change is left out, and a survivor that is equivalent, or that the",
        "contract leaves open, is excused; both with their reasons in `survivors.toml`.",
        "The control is the same copy of the package without a change: it has to survive, or the kills prove nothing.",
        "",
        "| API | control | mutants | not running | no verdict | killed | warned | survived | excused | share |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    entries = {name: each for name, each in found.items() if isinstance(each, dict)}
    for slug in slugs():
        own = {name: each for name, each in entries.items() if each["slug"] == slug}
        control = next((each["said"] for each in own.values() if each["operator"] == "control"), "not tried")
        mine = {name: each for name, each in own.items() if each["operator"] != "control"}
        said = [each["said"] for each in mine.values()]
        killed, warned, survived = (said.count(word) for word in ("killed", "warned", "survived"))
        excused = sum(each["said"] in ("survived", "warned") and name in known for name, each in mine.items())
        own_killed, rest = score(mine)
        share = f"{own_killed} of {rest}, {100 * own_killed / rest:.0f} %" if rest else "-"
        cells = [slug, control, len(said), said.count("does not run"), said.count("no verdict"), killed, warned]
        lines.append("| " + " | ".join(map(str, [*cells, survived, excused, share])) + " |")
    lines += ["", "Survivors:", ""]
    for name, each in sorted(entries.items(), key=lambda pair: pair[1]["file"]):
        if each["said"] in ("survived", "warned") and each["operator"] != "control":
            change = each["diff"].replace("\n", " / ").replace("|", "\\|")
            lines.append(f"- `{name}` {each['file']}: `{change[:200]}` {known.get(name, 'no reason is known')}")
    return lines
