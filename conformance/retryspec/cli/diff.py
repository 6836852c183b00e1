"""`retryspec diff`: what changed between two versions of a document, and whom it breaks."""

import sys
from enum import StrEnum
from typing import Annotated

import typer

__all__ = ["diff"]


class DiffFormat(StrEnum):
    """What standard output holds."""

    text = "text"
    markdown = "markdown"
    json = "json"


def diff(
    old: Annotated[str, typer.Argument(metavar="OLD", help="A file, or REVISION:path of a git repository.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="A file, or REVISION:path of a git repository.")],
    format: Annotated[DiffFormat, typer.Option(help="What standard output holds.")] = DiffFormat.text,  # noqa: A002  # the name of the option
    allow_breaking: Annotated[
        bool, typer.Option("--allow-breaking", help="End in 0 even where something breaks.")
    ] = False,
) -> None:
    """Tell what changed between two versions of a document, and whom it breaks."""
    from retryspec.diff import compare, read_version
    from retryspec.diff.render import as_json, as_markdown, as_text

    changes = compare(read_version(old), read_version(new))
    show = {DiffFormat.text: as_text, DiffFormat.markdown: as_markdown, DiffFormat.json: as_json}[format]
    sys.stdout.write(show(changes, old, new))
    if any(change.is_break for change in changes) and not allow_breaking:
        raise typer.Exit(1)
