"""Runs the lints from the command line."""

import sys

from retryspec.document_lints import main

if __name__ == "__main__":
    sys.exit(main())
