"""What several tests of the command line and of runs share."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from retryspec.cli import run_command_line
from selftest.browser import PROBLEM


def pytest_report_header() -> str | None:
    """Say before the tests when those in a browser are left out."""
    return f"left out: the tests in a browser ({PROBLEM})" if PROBLEM else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say after the tests when those in a browser were left out."""
    if PROBLEM:
        terminalreporter.write_line(f"left out: the tests in a browser ({PROBLEM})", yellow=True)


@dataclass(frozen=True, slots=True)
class Said:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str


@pytest.fixture
def retryspec(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[..., Said]:
    """The command line, called in this process; a `check` leaves its report in `tmp_path / "out"`."""
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):  # what a test wants of it, it sets
        monkeypatch.delenv(name, raising=False)

    def call(*words: str) -> Said:
        more = ["--out", str(tmp_path / "out")] if words[:1] == ("check",) and "--out" not in words else []
        monkeypatch.setattr(sys, "argv", ["retryspec", *words, *more])
        capsys.readouterr()
        try:
            run_command_line()
            code = 0
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 1
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return call


@pytest.fixture
def sls_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Writes a target file for an SLS server without provider states, with the secret in the environment."""
    monkeypatch.setenv("SLS_SECRET_OF_TESTS", "hunter2-secret")

    def write(base_url: str, more: str = "") -> Path:
        file = tmp_path / "target.toml"
        file.write_text(
            f'[sls]\nbase_url = "{base_url}"\naccess_key_id = "an-id"\n'
            'access_key_secret = { env = "SLS_SECRET_OF_TESTS" }\n'
            f'project = "p"\nlogstore = "l"\nshipper = "s"\n{more}',
            encoding="utf-8",
        )
        return file

    return write
