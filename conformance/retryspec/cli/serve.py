"""`retryspec serve`: run the reference server."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["serve"]


def serve(
    apis: Annotated[list[str] | None, typer.Argument(metavar="SLUG", help="The APIs; all by default.")] = None,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 for any that is free.")] = 8080,
    database: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Keep the state in this file; several servers may share it.")
    ] = None,
    provider_states: Annotated[bool, typer.Option("--provider-states", help="Serve /_states as well.")] = False,
    credentials: Annotated[Path | None, typer.Option(metavar="FILE", help="Credentials (TOML).")] = None,
    fault: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Break one behaviour; repeatable.")] = None,
    list_faults: Annotated[bool, typer.Option("--list-faults", help="Print the names for --fault, and end.")] = False,
) -> None:
    """Run the reference server until it is interrupted."""
    if list_faults:
        _list_faults(apis or ())
        return
    from retryspec.reference.app import application
    from retryspec.reference.credentials import read_credentials
    from retryspec.reference.serve import serve as run_server

    served = application(
        apis,
        database=database,
        credentials=read_credentials(credentials) if credentials else None,
        provider_states=provider_states,
        variations=tuple(fault or ()),
    )
    run_server(served, host, port, announce=_announce)


def _list_faults(slugs: Sequence[str]) -> None:
    from retryspec.reference.apis import server_of
    from retryspec.reference.variations import variations

    for slug in slugs:
        server_of(slug)  # says which there are, where this is none
    for one in variations():
        if not slugs or one.slug in slugs:
            effect = f"permitted by {one.decision}" if one.decision else f"breaks {', '.join(one.behaviours)}"
            sys.stdout.write(f"{one.name}\n    {one.says} ({effect})\n")


def _announce(base_url: str) -> None:
    sys.stdout.write(f"retryspec serves {base_url} (what is there: {base_url}/); Ctrl+C ends it\n")
    sys.stdout.flush()
