"""The command `retryspec`."""

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line; without the packages it needs, say which to install."""
    try:
        import typer  # noqa: F401  # only to see whether it is there
    except ModuleNotFoundError:
        sys.stderr.write("retryspec: the command line needs more than the models: pip install 'retryspec[all]'\n")
        raise SystemExit(2) from None
    from retryspec.cli import run_command_line

    run_command_line()


if __name__ == "__main__":
    main()
