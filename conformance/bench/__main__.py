"""`python -m bench`: measure some pieces, or all of them."""

import argparse
from typing import Any

from bench import bounds, detection, models, mutants, seeds, serving, timing
from bench.results import FOLDER, Results

PIECES = {
    "detection": (detection.table, "Detection"),
    "mutants": (mutants.table, "Automatic mutants of the reference server"),
    "time": (timing.table, "Time"),
    "models": (models.table, "Models"),
    "seeds": (seeds.table, "Seeds"),
    "server": (serving.table, "Reference server"),
}


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("pieces", nargs="*", metavar="PIECE", help=f"of {', '.join(PIECES)}; all of them by default")
    parser.add_argument("--anew", action="store_true", help="forget what is measured already")
    parser.add_argument("--servers", type=int, default=40, help="faulty servers of each API for our suite; 0 for all")
    parser.add_argument("--peers", type=int, default=6, help="the same for the other tools; 0 for all")
    parser.add_argument("--mutants", type=int, default=60, help="mutants of each API; 0 for all")
    parser.add_argument("--jobs", type=int, default=2, help="processes side by side, where no time is measured")
    chosen = parser.parse_args()
    results = Results()
    for piece in chosen.pieces or PIECES:
        if piece == "detection":
            detection.measure(results, servers=chosen.servers, peers=chosen.peers, anew=chosen.anew, jobs=chosen.jobs)
        elif piece == "mutants":
            mutants.measure(results, mutants=chosen.mutants, anew=chosen.anew, jobs=chosen.jobs)
        else:
            {"time": timing, "seeds": seeds, "models": models, "server": serving}[piece].measure(
                results, anew=chosen.anew
            )
        results.save()
        (FOLDER / "RESULTS.md").write_text(_markdown(results), encoding="utf-8")


def _markdown(results: Results) -> str:
    lines = [
        "# Results",
        "",
        "Written by `make bench`; the figures are in `results.json`. Medians are over the servers of a row.",
        "",
        "## What has to hold",
        "",
        *bounds.table(results.content),
        "",
    ]
    for piece, (table, title) in PIECES.items():
        found = results.content.get(piece)
        if found:
            lines += [f"## {title}", "", _where(found), "", *table(found), ""]
    return "\n".join(lines)


def _where(found: dict[str, Any]) -> str:
    load = f", with a load of {found['load']} when it began" if "load" in found else ", the load was not noted"
    return f"Measured {found['measured']} on {found['machine']}{load}."


if __name__ == "__main__":
    main()
