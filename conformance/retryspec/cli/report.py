"""`retryspec report`: make something of reports that are there already."""

import json
import sys
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retryspec.errors import UsageError
from retryspec.visible import visible

if TYPE_CHECKING:
    from retryspec.report.compare import Change

__all__ = ["report"]

MOST_SHOWN = 20
"""Changes of a kind that are shown, but for what broke."""


def report(
    reports: Annotated[list[Path], typer.Argument(metavar="REPORT...", help="One report.json, or several.")],
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the page of the report, or the matrix.")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the merged report of shards, or the matrix.")
    ] = None,
    against: Annotated[
        Path | None, typer.Option(metavar="OLD", help="Compare with an older report; exit 1 on a new failure.")
    ] = None,
) -> None:
    """Make a page of a report, merge shards, put several servers beside each other, or compare two runs.

    Ends like the run: 0 if the servers keep their contract, 1 if they break it, 3 for no verdict; with --against 1 only
    where something fails that did not, and 0 for a matrix.
    """
    from retryspec.report.merge import are_shards, matrix, merged
    from retryspec.report.page import html_page, matrix_page
    from retryspec.report.reading import read_report

    if twice := next((path for path in reports if reports.count(path) > 1), None):
        raise UsageError(f"{twice}: this report is given twice.")
    contents = [read_report(path) for path in reports]
    if against is not None:
        if len(contents) != 1:
            raise UsageError("Give one report to compare with --against.")
        if html is not None or json_file is not None:
            raise UsageError("--against prints what changed; give --html and --json without it.")
        raise typer.Exit(_compare(read_report(against), contents[0]))
    if len(contents) > 1 and are_shards(contents):
        contents = [merged(contents)]
    if len(contents) == 1:
        _write(html, lambda: html_page(contents[0]))
        _write(json_file, lambda: json.dumps(contents[0], indent=1, ensure_ascii=False))
        _say_verdict(contents[0])
        raise typer.Exit({"conforms": 0, "breaks": 1}.get(contents[0]["verdict"], 3))
    table = matrix(dict(zip(_names(reports), contents, strict=True)))
    _write(html, lambda: matrix_page(table))
    _write(json_file, lambda: json.dumps(table, indent=1, ensure_ascii=False))
    if html is None and json_file is None:
        _print_matrix(table)


def _names(paths: list[Path]) -> list[str]:
    """A short name for each report: that of its folder, or the whole path where two have the same."""
    short = [path.parent.name or str(path) if path.name == "report.json" else path.stem for path in paths]
    return short if len(set(short)) == len(short) else [str(path) for path in paths]


def _write(path: Path | None, made: "Any") -> None:
    if path is None:
        return
    try:
        path.write_text(made() + "\n", encoding="utf-8", errors="replace")
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}.") from None


def _say_verdict(content: dict[str, Any]) -> None:
    for api in content["apis"]:
        counts = ", ".join(f"{number} {outcome}" for outcome, number in api["counts"].items() if number)
        _say(f"{api['api']}  {api['verdict']}  {counts}")
        if trouble := api.get("trouble"):
            _say(f"  {trouble}")
    shard = content["tool"].get("shard")
    _say(content["verdict"] + (f"  (part {shard} of a run alone)" if shard else ""))


def _print_matrix(table: dict[str, Any]) -> None:
    servers = table["servers"]
    lines = [["behaviour", "level", *servers]]
    lines += [
        [row["id"], row["level"], *(row["outcomes"].get(server, "-") for server in servers)] for row in table["rows"]
    ]
    apis = dict.fromkeys(row["api"] for row in table["rows"])
    lines += [[api, "", *(table["verdicts"][server].get(api, "-") for server in servers)] for api in apis]
    widths = [max(len(visible(cell, kept="")) for cell in column) for column in zip(*lines, strict=True)]
    for line in lines:
        _say("  ".join(visible(cell, kept="").ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _compare(old: dict[str, Any], new: dict[str, Any]) -> int:
    from retryspec.report.compare import Kind, compared

    changes: list[Change] = compared(old, new)
    for kind, of_kind in groupby(changes, key=lambda change: change.kind):
        shown = list(of_kind)
        for change in shown if kind is Kind.BROKEN else shown[:MOST_SHOWN]:
            _say(f"{change.kind:17}{change.behaviour:20}{change.before} -> {change.after}  {change.says}")
        if kind is not Kind.BROKEN and len(shown) > MOST_SHOWN:
            _say(f"{kind:17}{len(shown) - MOST_SHOWN} more")
    if not changes:
        _say("nothing changed")
    if any(change.kind is Kind.BROKEN for change in changes):
        return 1
    if new["verdict"] == "incomplete":
        _say("incomplete: the new run has no verdict, so what it did not look at may be broken")
        return 3
    return 0


def _say(line: str) -> None:
    """Print a line; a report may come from anywhere, so that none of it may command a terminal."""
    sys.stdout.write(visible(line, kept="") + "\n")
