"""The command line. Each command imports what it needs when it runs, so that `retryspec --help` is quick."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from retryspec import __version__
from retryspec.errors import RetryspecError, UsageError

if TYPE_CHECKING:
    from retryspec.runner import Plan, RunReport

__all__ = ["app", "run_command_line"]

app = typer.Typer(
    name="retryspec",
    help="Contracts of three retry-and-status HTTP APIs: check a server, serve a reference, generate models.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


class Depth(StrEnum):
    """How much a check run looks at."""

    quick = "quick"
    standard = "standard"
    thorough = "thorough"


class Format(StrEnum):
    """How standard output looks."""

    text = "text"
    json = "json"


def run_command_line() -> None:
    """Run the command line; an error that a person can act on is one line and an exit code, never a traceback."""
    try:
        # Without its standalone mode Typer returns the code of an Exit instead of ending the process.
        code = app(standalone_mode=False)
    except typer.Abort:
        _end("interrupted.", 3)
    except KeyboardInterrupt:
        _end("interrupted.", 3)
    except RetryspecError as error:
        _end(str(error), error.exit_code)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in ("retryspec", "retryspec_models"):
            raise
        _end(f"this command needs the package {error.name}: pip install 'retryspec[all]'", 2)
    except BrokenPipeError:
        # Whoever read the output has seen enough.
        sys.stderr.close()
        raise SystemExit(3) from None
    except Exception as error:
        format_message = getattr(error, "format_message", None)
        if format_message is None:
            raise
        _end(f"{format_message()} See `retryspec --help`.", 2)
    raise SystemExit(code or 0)


def _end(message: str, code: int) -> NoReturn:
    line = " ".join(message.split())
    sys.stderr.write(f"retryspec: {line}\n")
    raise SystemExit(code)


# Seconds; a bound that is far off keeps out infinity.
DAY = 24 * 3600


def _print_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"retryspec {__version__}\n")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Contracts of three retry-and-status HTTP APIs: check a server, serve a reference, generate models."""


@app.command()
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

    with reference_target(slugs, apart=True) as file:
        yield file


@app.command()
def behaviours(
    slug: Annotated[str | None, typer.Argument(help="The API; all of them by default.")] = None,
    format: Annotated[Format, typer.Option(help="What standard output holds.")] = Format.text,  # noqa: A002  # the name of the option
) -> None:
    """Print the catalogue: every behaviour with its level, sentence, source, checks and decision."""
    from retryspec.catalogue import catalogue_json
    from retryspec.documents import slugs

    entries = [entry for name in ([slug] if slug else slugs()) for entry in catalogue_json(name)]
    if format is Format.json:
        sys.stdout.write(json.dumps(entries, indent=1) + "\n")
        return
    for entry in entries:
        decision = f"; decision {', '.join(entry['decision'])}" if entry["decision"] else ""
        unobservable = f"; unobservable: {entry['unobservable']}" if entry["unobservable"] else ""
        sys.stdout.write(f"{entry['id']}  {entry['level']}  {entry['says']}\n")
        sys.stdout.write(f"    source: {entry['source']}{decision}{unobservable}\n")
        for name in entry["checks"]:
            sys.stdout.write(f"    check: {name}\n")


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 for any that is free.")] = 8080,
    database: Annotated[Path | None, typer.Option(metavar="PATH", help="Keep the state in this file.")] = None,
    provider_states: Annotated[bool, typer.Option("--provider-states", help="Serve /_states as well.")] = False,
    credentials: Annotated[Path | None, typer.Option(metavar="FILE", help="Credentials (TOML).")] = None,
    fault: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Break one behaviour; repeatable.")] = None,
) -> None:
    """Run the reference server until it is interrupted."""
    from retryspec.reference.app import application
    from retryspec.reference.credentials import read_credentials
    from retryspec.reference.serve import serve as run_server

    served = application(
        database=database,
        credentials=read_credentials(credentials) if credentials else None,
        provider_states=provider_states,
        variations=tuple(fault or ()),
    )
    run_server(served, host, port, announce=_announce)


def _announce(base_url: str) -> None:
    sys.stdout.write(f"retryspec serves {base_url} (what is there: {base_url}/); Ctrl+C ends it\n")
    sys.stdout.flush()


@app.command()
def generate(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the packages go.")],
    document: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="An OpenAPI document; retryspec's own by default.")
    ] = None,
) -> None:
    """Generate models and stubs from documents."""
    from retryspec.generate import run as run_generator

    for folder in run_generator(out, document or []):
        sys.stdout.write(f"{folder}\n")
