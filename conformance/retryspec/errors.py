"""The errors a person may meet, and the exit code each ends in.

    RetryspecError
    ├── UsageError    the call, the target file or a document is wrong        exit 2
    └── RunError      the run could not be made or finished: unreachable,     exit 3
                      credentials refused, time used up

A verdict on a server is a value (see `verdicts`), never an exception.
"""

__all__ = ["RetryspecError", "RunError", "UsageError"]


class RetryspecError(Exception):
    """What happened, to what, and what to do, in one line."""

    exit_code = 3


class UsageError(RetryspecError):
    """Raised when the command line, the target file or a document is wrong."""

    exit_code = 2


class RunError(RetryspecError):
    """Raised when a run cannot be made or finished."""

    exit_code = 3
