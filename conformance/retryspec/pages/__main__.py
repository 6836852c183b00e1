"""`python -m retryspec.pages`: what `make docs` calls."""

import argparse
import sys
from pathlib import Path

from retryspec.errors import UsageError
from retryspec.pages.site import write_site


def main() -> int:
    """Write the static site."""
    parser = argparse.ArgumentParser(prog="python -m retryspec.pages", description="The static site.")
    parser.add_argument("--root", type=Path, default=Path(), help="the checkout, by default the current folder")
    parser.add_argument("--out", type=Path, default=Path("site"), help="where the site goes")
    options = parser.parse_args()
    try:
        written = write_site(options.root, options.out)
    except UsageError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(f"{len(written)} files in {options.out}; begin with {options.out / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
