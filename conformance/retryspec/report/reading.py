"""Reads a `report.json` back. It may come from anywhere, so it is looked at like everything that others send."""

import json
from pathlib import Path
from typing import Any

from retryspec.errors import UsageError
from retryspec.outside import read_outside
from retryspec.report.content import report_schema

__all__ = ["read_report"]

MOST_BYTES = 64 * 1024 * 1024
"""Bytes of a report; a whole run in which everything fails has some megabytes."""


def read_report(path: Path) -> dict[str, Any]:
    """The content of a report.

    Raises:
        UsageError: it cannot be read, or is none.
    """
    import jsonschema_rs

    raw = read_outside(path, "report", MOST_BYTES)
    try:
        content = json.loads(raw.decode("utf-8"))
        found = next(jsonschema_rs.Draft202012Validator(report_schema()).iter_errors(content), None)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: this is no report: {error}.") from None
    if found is not None:
        place = "/".join(str(step) for step in found.instance_path)
        raise UsageError(f"{path}: this is no report of retryspec: {place or 'the whole'}: {found.message[:200]}.")
    report: dict[str, Any] = content
    return report
