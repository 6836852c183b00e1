"""`retryspec behaviours`: print the catalogue."""

import json
import sys
from typing import Annotated

import typer

from retryspec.cli.options import Format

__all__ = ["behaviours"]


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
