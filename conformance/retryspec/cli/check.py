"""`retryspec check`: run the suite."""

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retryspec.cli.options import DAY, Depth, Format
from retryspec.errors import UsageError

if TYPE_CHECKING:
    from retryspec.runner import Plan, RunReport

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
    seed: Annotated[int, typer.Option(metavar="N", help="For what is drawn at random.")] = 1,
    format: Annotated[Format, typer.Option(help="What standard output holds.")] = Format.text,  # noqa: A002  # the name of the option
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Show every behaviour.")] = False,
) -> None:
    """Check servers: exit 0 if they keep their contract, 1 if they break it, 2 for a wrong call, 3 for no verdict."""
    from retryspec.report import prepare_folder, report_json, write_reports
    from retryspec.runner import Plan, run
    from retryspec.selfproof import prove_judging

    if reference == (target is not None):
        raise UsageError("Give one of --target FILE and --reference: there is no default server.")
    prove_judging()
    prepare_folder(out)
    with _target_file(target, tuple(slugs or ())) as file:
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
        )
        report = run(plan) if format is Format.json else _run_with_display(plan, verbose=verbose, out=out)
    write_reports(report, out)
    if format is Format.json:
        # In ASCII, so that it comes through whatever the encoding of the terminal is.
        sys.stdout.write(json.dumps(report_json(report), indent=1) + "\n")
    raise typer.Exit(report.exit_code)


def _run_with_display(plan: "Plan", *, verbose: bool, out: Path) -> "RunReport":
    from retryspec.console import LiveProgress, print_summary
    from retryspec.runner import run

    with LiveProgress() as progress:
        report = run(plan, progress)
    print_summary(report, verbose=verbose, out=str(out))
    return report


@contextmanager
def _target_file(target: Path | None, slugs: tuple[str, ...]) -> Iterator[Path]:
    """The target file that was given, or one for a reference server that runs meanwhile."""
    if target is not None:
        yield target
        return
    from retryspec.reference.target import reference_target

    # While the server starts in its process, this one loads what it needs next.
    threading.Thread(target=_load_the_suite, daemon=True).start()
    with reference_target(slugs, apart=True) as file:
        yield file


def _load_the_suite() -> None:
    # What is missing is said by whoever needs it.
    with suppress(ImportError):
        import_module("retryspec.plugin")
