"""`python -m retryspec.generate`: what `make generate` and `make check-generated` call."""

import argparse
import sys
from pathlib import Path

from retryspec.errors import UsageError
from retryspec.generate import differences, regenerate, run


def main() -> int:
    """Generates, or checks that nothing has to be generated; the exit code is 1 where something has to."""
    parser = argparse.ArgumentParser(prog="python -m retryspec.generate", description="Models and stubs.")
    parser.add_argument("--root", type=Path, default=Path(), help="the checkout, by default the current folder")
    parser.add_argument("--check", action="store_true", help="write nothing, and say which files are out of date")
    parser.add_argument("--out", type=Path, help="write packages here, and leave the checkout alone")
    parser.add_argument("--document", type=Path, action="append", default=[], help="a document of your own, with --out")
    options = parser.parse_args()
    if options.document and options.out is None:
        parser.error("--document needs --out: where its package goes")
    if options.check and options.out is not None:
        parser.error("--check looks at the checkout; it goes without --out")
    try:
        if options.check:
            return _report(differences(options.root))
        written = run(options.out, options.document) if options.out is not None else regenerate(options.root)
    except UsageError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    for folder in written:
        print(f"written: {folder}")
    return 0


def _report(lines: list[str]) -> int:
    for line in lines:
        print(line)
    if lines:
        print("Run `make generate` and commit what it writes.")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
