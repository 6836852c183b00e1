"""What has to hold, and whether the figures say that it does."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from retryspec.documents import slugs

from bench import detection, mutants, seeds
from bench.timing import APART

__all__ = ["table"]

_Row = tuple[str, str, bool]
"""What has to hold, what was measured, and whether it holds."""


def table(content: Mapping[str, Any]) -> Sequence[str]:
    """A row for each bound whose figures are there."""
    lines = ["| what has to hold | measured | holds |", "|---|---|---|"]
    rows = [*_detection(content.get("detection", {})), *_time(content.get("time", {}))]
    rows += [*_mutants(content.get("mutants", {})), *_seeds(content.get("seeds", {}))]
    return [*lines, *(f"| {what} | {measured} | {'yes' if holds else 'no'} |" for what, measured, holds in rows)]


def _detection(found: Mapping[str, Any]) -> Iterator[_Row]:
    tried = [each for each in found.values() if isinstance(each, dict) and each["tool"] == "standard"]
    if tried:
        faulty = sum(each["kind"] == "faulty" for each in tried)
        missed, alarms = detection.missed(dict(found), "standard"), detection.alarms(dict(found), "standard")
        said = f"{faulty - len(missed)} of {faulty} tried" + (f"; missed: {', '.join(missed)}" if missed else "")
        yield "`standard` finds every faulty server", said, not missed
        said = f"{len(alarms)} in {len(tried) - faulty}" + (f": {', '.join(alarms)}" if alarms else "")
        yield "`standard` raises no alarm on a correct server", said, not alarms
    for slug in slugs():
        ours, theirs = (found.get(f"{tool} {slug} reference") for tool in ("standard", "schemathesis"))
        if ours and theirs:
            said = f"{ours['seconds']} s to {theirs['seconds']} s"
            holds = ours["seconds"] * 5 <= theirs["seconds"]
            yield f"`standard` takes a fifth of stock schemathesis at most: {slug}", said, holds


def _time(found: Mapping[str, Any]) -> Iterator[_Row]:
    for slug in slugs():
        if each := found.get(f"{slug}, quick, {APART}"):
            said = f"{each['own']} s, {each['seconds']} s with loading and reports"
            yield f"`quick` takes 2 s at most: {slug}", said, each["own"] <= 2
    if each := found.get("all, standard"):
        yield "`standard` takes 12 s at most for all three", f"{each['seconds']} s", each["seconds"] <= 12
    if each := found.get("all, standard, 50 ms later, 8 workers"):
        bound = 1.5 * each["requests"] * 0.05 / 8 + 3
        said = f"{each['seconds']} s for {each['requests']} requests"
        yield (
            f"With 50 ms of latency, `standard` with 8 workers takes {bound:.1f} s at most",
            said,
            each["seconds"] <= bound,
        )


def _mutants(found: Mapping[str, Any]) -> Iterator[_Row]:
    killed, all_of_them = mutants.score(dict(found))
    if all_of_them:
        mutated = {
            name: each for name, each in found.items() if isinstance(each, dict) and each["operator"] != "control"
        }
        excused = sum(name in mutants.reasons() for name in mutated)
        share = f"{killed} of {all_of_them}, {100 * killed / all_of_them:.1f} %"
        said = f"{share}; {len(mutated)} of {found['places']} were tried, of which {excused} are excused"
        # A sample says nothing of the rest.
        holds = killed >= 0.95 * all_of_them and len(mutated) >= found["places"]
        yield "95 % of the automatic mutants that are not equivalent are killed", said, holds


def _seeds(found: Mapping[str, Any]) -> Iterator[_Row]:
    good, runs = seeds.clean(dict(found))
    if runs:
        what = f"{seeds.SEEDS} runs with {seeds.SEEDS} seeds end in 0 without a warning"
        yield what, f"{good} of {runs}", good == runs == seeds.SEEDS
