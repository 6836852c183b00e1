"""The files that a run leaves behind."""

import json
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path

from retryspec.errors import UsageError
from retryspec.report.content import report_json
from retryspec.report.junit import junit_xml
from retryspec.report.page import html_page
from retryspec.runner import RunReport

__all__ = ["prepare_folder", "write_reports"]


def write_reports(report: RunReport, folder: Path) -> None:
    """Write `report.json`, `junit.xml` and `report.html` into a folder, which is made if need be.

    Raises:
        UsageError: they cannot be written.
    """
    content = report_json(report)
    # What machines read comes first, and is there even where no page can be made of it.
    texts: dict[str, Callable[[], str]] = {
        "report.json": lambda: json.dumps(content, indent=1, ensure_ascii=False),
        "junit.xml": lambda: junit_xml(report),
        "report.html": lambda: html_page(content),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            _replace(folder / name, text() + "\n")
    except OSError as error:
        raise UsageError(f"{folder}: the report cannot be written: {error.strerror}. Choose another --out.") from None


def _replace(path: Path, text: str) -> None:
    """Put a file in the place of what is there, be it a link out of the folder or a pipe; whole, or not at all."""
    new = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    try:
        # What came from a server was made fit for UTF-8 long before; a report must not fail on what did not.
        with new.open("x", encoding="utf-8", errors="replace") as file:
            file.write(text)
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def prepare_folder(folder: Path) -> None:
    """Make sure, before a run, that its report can be written.

    Raises:
        UsageError: it cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UsageError(f"{folder}: the report cannot be written: {error.strerror}. Choose another --out.") from None
