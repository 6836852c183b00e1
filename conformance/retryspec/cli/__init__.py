"""The command line: a module for each command, which imports what it needs when it runs, so that `--help` is quick."""

import sys
import traceback
from typing import Annotated, NoReturn

import typer

from retryspec import __version__
from retryspec.cli.behaviours import behaviours
from retryspec.cli.check import check
from retryspec.cli.diff import diff
from retryspec.cli.generate import generate
from retryspec.cli.replay import replay
from retryspec.cli.report import report
from retryspec.cli.serve import serve
from retryspec.errors import RetryspecError
from retryspec.visible import visible

__all__ = ["app", "run_command_line"]

MOST_SAID = 2000
"""Characters of an error: what it quotes may be of any length."""

COMMANDS = (check, report, replay, serve, behaviours, generate, diff)

app = typer.Typer(
    name="retryspec",
    help="Contracts of three retry-and-status HTTP APIs: check a server, serve a reference, generate models.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

for _command in COMMANDS:
    app.command()(_command)


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
            _end_in_fault()
        _end(f"this command needs the package {error.name}: pip install 'retryspec[all]'", 2)
    except BrokenPipeError:
        # Whoever read the output has seen enough.
        sys.stderr.close()
        raise SystemExit(3) from None
    except Exception as error:
        format_message = getattr(error, "format_message", None)
        if format_message is None:
            _end_in_fault()
        _end(f"{format_message()} See `retryspec --help`.", 2)
    raise SystemExit(code or 0)


def _end_in_fault() -> NoReturn:
    """End with a traceback, but not with Python's exit code, which would say that a server breaks its contract."""
    sys.stderr.write(traceback.format_exc().encode("utf-8", "backslashreplace").decode())
    _end("that is a fault of retryspec itself.", 3)


def _end(message: str, code: int) -> NoReturn:
    words = " ".join(message.split())
    line = visible(words if len(words) <= MOST_SAID else f"{words[:MOST_SAID]}...", kept="")
    sys.stderr.write(f"retryspec: {line}\n")
    raise SystemExit(code)


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
