"""Whether a run without a fault ever says otherwise: the reference server, with one seed after another."""

from collections.abc import Sequence
from typing import Any

from bench.results import Results
from bench.timing import command

__all__ = ["SEEDS", "measure", "table"]

SEEDS = 20


def measure(results: Results, *, anew: bool) -> None:
    """Check the reference with every seed."""
    found = results.piece("seeds", anew=anew)
    for seed in range(1, SEEDS + 1):
        if str(seed) not in found:
            found[str(seed)] = command(["check", "--reference", "--seed", str(seed)])
            results.save()


def clean(found: dict[str, Any]) -> tuple[int, int]:
    """How many runs ended in 0 without a warning, and how many there were."""
    runs = [each for each in found.values() if isinstance(each, dict)]
    return sum(each["exit"] == 0 and not each["warned"] for each in runs), len(runs)


def table(found: dict[str, Any]) -> Sequence[str]:
    """The figures as a sentence."""
    good, runs = clean(found)
    seconds = sorted(each["seconds"] for each in found.values() if isinstance(each, dict))
    lines = [f"Of {runs} runs of `retryspec check --reference`, each with a seed of its own, {good} ended in exit 0"]
    return [*lines, f"without a warning; they took {seconds[0]} to {seconds[-1]} s."] if runs else lines
