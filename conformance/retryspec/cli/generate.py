"""`retryspec generate`: models and stubs from documents."""

import sys
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["generate"]


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
