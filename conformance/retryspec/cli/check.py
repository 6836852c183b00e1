"""`retryspec check`: run the suite."""

import json
import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from retryspec.cli.options import DAY, Depth, Format
from retryspec.cli.target import target_file
from retryspec.errors import UsageError

__all__ = ["check"]


def check(
    slugs: Annotated[list[str] | None, typer.Argument(metavar="[SLUG]...", help="The APIs; all of the target.")] = None,
    target: Annotated[Path | None, typer.Option(metavar="FILE", help="The target file: which servers.")] = None,
    reference: Annotated[bool, typer.Option("--reference", help="Start the reference server and check that.")] = False,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the report goes.")] = Path("retryspec-report"),
    only: Annotated[
        list[str] | None, typer.Option(metavar="ID_OR_GLOB", help="Check these behaviours alone; repeatable.")
    ] = None,
    depth: Annotated[Depth, typer.Option(help="How much to look at.")] = Depth.standard,
    read_only: Annotated[bool, typer.Option("--read-only", help="Send nothing that can change state.")] = False,
    allow_retry: Annotated[
        bool, typer.Option("--allow-retry", help="Retry tasks as well that were only found in a list.")
    ] = False,
    rate: Annotated[
        float | None, typer.Option(min=0.1, max=100_000, metavar="N", help="The most requests in a second.")
    ] = None,
    timeout: Annotated[float, typer.Option(min=0.01, max=DAY, metavar="SECONDS", help="For one exchange.")] = 10.0,
    settle: Annotated[float, typer.Option(min=0, max=DAY, metavar="SECONDS", help="For a state to show.")] = 5.0,
    max_time: Annotated[float, typer.Option(min=1, max=DAY, metavar="SECONDS", help="For the whole run.")] = 300.0,
    workers: Annotated[int, typer.Option(min=1, max=64, metavar="N", help="Processes that share the checks.")] = 1,
    shard: Annotated[
        str | None, typer.Option(metavar="K/N", help="Conduct the K-th of N parts of the checks, to be merged later.")
    ] = None,
    seed: Annotated[
        int, typer.Option(min=-(2**63), max=2**63 - 1, metavar="N", help="For what is drawn at random.")
    ] = 1,
    format: Annotated[Format, typer.Option(help="What standard output holds.")] = Format.text,  # noqa: A002  # the name of the option
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Show every behaviour.")] = False,
) -> None:
    """Check servers: exit 0 if they keep their contract, 1 if they break it, 2 for a wrong call, 3 for no verdict."""
    with target_file(target, reference, tuple(slugs or ())) as file:
        # Loaded while a reference server starts.
        from retryspec.console import print_summary
        from retryspec.progress import progress_on
        from retryspec.report import prepare_folder, report_json, write_reports
        from retryspec.report.github import commands_stopped, tell_github, without_commands
        from retryspec.runner import Plan, run
        from retryspec.selfproof import prove_judging

        prove_judging()
        prepare_folder(out)
        plan = Plan(
            target=file,
            slugs=tuple(slugs or ()),
            only=tuple(only or ()),
            depth=depth.value,
            read_only=read_only,
            allow_retry=allow_retry,
            rate=rate,
            timeout=timeout,
            settle=settle,
            max_time=max_time,
            workers=workers,
            seed=seed,
            shard=_part(shard),
        )
        with progress_on(sys.stderr, max_time) as progress:
            report = run(plan, progress)
    if target is not None:
        sys.stderr.writelines(f"retryspec: warning: {warning}\n" for warning in report.warnings)
    if format is Format.text:
        with commands_stopped():
            print_summary(report, verbose=verbose, out=str(out))
    write_reports(report, out)
    if format is Format.json:
        # In ASCII, so that it comes through whatever the encoding of the terminal is.
        sys.stdout.write(without_commands(json.dumps(report_json(report), indent=1)) + "\n")
    tell_github(report, sys.stderr if format is Format.json else sys.stdout)
    raise typer.Exit(report.exit_code)


def _part(shard: str | None) -> tuple[int, int] | None:
    """Which part of how many, from a text such as `2/5`.

    Raises:
        UsageError: it is none.
    """
    if shard is None:
        return None
    found = re.fullmatch(r"([1-9][0-9]{0,3})/([1-9][0-9]{0,3})", shard)
    if found is None or int(found[1]) > int(found[2]):
        raise UsageError(f"--shard {shard}: give a part and a number of parts, such as 2/5.")
    return int(found[1]), int(found[2])
