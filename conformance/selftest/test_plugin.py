"""The plugin: checks run under anybody's pytest, in any folder, in one process or several, with the same outcomes."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from retryspec.conducting import ABREAST, Suite
from retryspec.reference.target import reference_target
from retryspec.runner import Plan, RunReport, run
from retryspec.verdicts import CheckResult
from retryspec.workers import share_with
from selftest.test_targets import known_ids

SOME = ("SLS-GET-0[5-7]", "SLS-RETRY-0[1-4]")

# Options that would end any run, were they taken.
HOSTILE_INI = "[pytest]\naddopts = --no-such-option -k nothing\npython_files = nothing.py\ntestpaths = nowhere\n"
HOSTILE_CONFTEST = "raise SystemExit('the conftest of a stranger was loaded')\n"


@pytest.fixture(scope="module")
def target() -> Iterator[Path]:
    """The target file of a reference server."""
    with reference_target(("sls",)) as file:
        yield file


def outcomes(report: RunReport) -> dict[str, str]:
    """The outcome of every behaviour of a run."""
    return {result.behaviour.id: result.outcome.value for api in report.apis for result in api.behaviours}


def pytest_says(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run pytest on the suite from a folder."""
    usual = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "--pyargs", "retryspec.suite.sls", "-p", "retryspec.plugin", *words],
        cwd=folder,
        env={**usual, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_suite_runs_under_any_pytest(target: Path, tmp_path: Path) -> None:
    """`pytest --pyargs` works from another folder, with the options of the suite."""
    done = pytest_says(tmp_path, "--target", str(target), "--only", "SLS-GET-05", "-p", "no:cacheprovider", "-q")

    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
    assert "deselected" in done.stdout
    assert "warning" not in done.stdout.lower()
    assert list(tmp_path.iterdir()) == []


def test_failure_under_pytest_says_what_was_expected(tmp_path: Path) -> None:
    """A broken behaviour is a failed test that names the behaviour; there is no traceback into the suite."""
    with reference_target(("sls",), variations=("sls-empty-window-accepted",)) as target:
        done = pytest_says(tmp_path, "--target", str(target), "--only", "SLS-GET-05", "-p", "no:cacheprovider")

    assert done.returncode == 1
    assert "SLS-GET-05: expected " in done.stdout
    assert "Traceback" not in done.stdout


def test_no_target_is_no_success(tmp_path: Path) -> None:
    """Without a target nothing is called, and nothing passes."""
    done = pytest_says(tmp_path, "--only", "SLS-GET-05", "-p", "no:cacheprovider")

    assert done.returncode == 1
    assert "No target: give --target FILE. There is no default server." in done.stdout
    assert " passed" not in done.stdout


def test_tests_of_others_are_left_alone(target: Path, tmp_path: Path) -> None:
    """The plugin conducts our checks, and no test that happens to be in the same run."""
    (tmp_path / "test_theirs.py").write_text("def test_theirs(tmp_path):\n    assert tmp_path.is_dir()\n")

    done = pytest_says(
        tmp_path, "test_theirs.py", "--target", str(target), "--only", "SLS-GET-05", "-p", "no:cacheprovider", "-v"
    )

    assert done.returncode == 0, done.stdout
    assert "test_theirs.py::test_theirs PASSED" in done.stdout


def test_run_takes_nothing_from_pytest_of_the_user(
    target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the configuration of the folder nor the environment reaches the checks, and both are as before after."""
    (tmp_path / "pytest.ini").write_text(HOSTILE_INI)
    (tmp_path / "conftest.py").write_text(HOSTILE_CONFTEST)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option")
    monkeypatch.setenv("PYTEST_PLUGINS", "no_such_plugin")
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", raising=False)

    report = run(Plan(target=target, only=("SLS-GET-05",)))

    assert report.exit_code == 0
    assert outcomes(report)["SLS-GET-05"] == "pass"
    assert os.environ["PYTEST_ADDOPTS"] == "--no-such-option"
    assert os.environ["PYTEST_PLUGINS"] == "no_such_plugin"
    assert "PYTEST_DISABLE_PLUGIN_AUTOLOAD" not in os.environ
    assert sorted(path.name for path in tmp_path.iterdir()) == ["conftest.py", "pytest.ini"]


def test_several_processes_come_to_the_same(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With two workers every behaviour has the outcome that it has with one, and every request is counted."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option")

    one = run(Plan(target=target, only=SOME))
    two = run(Plan(target=target, only=SOME, workers=2))

    assert outcomes(two) == outcomes(one)
    assert (one.exit_code, two.exit_code) == (0, 0)
    assert abs(two.apis[0].requests - one.apis[0].requests) < one.apis[0].requests / 2


def test_two_runs_on_one_server_do_not_meet(target: Path, tmp_path: Path) -> None:
    """Two runs at the same time on one server come to the same as one alone."""

    def check(number: int) -> int:
        words = ["check", "--target", str(target), "--out", str(tmp_path / str(number))]
        words += [word for pattern in SOME for word in ("--only", pattern)]
        done = subprocess.run(
            [sys.executable, "-m", "retryspec", *words], capture_output=True, text=True, timeout=120, check=False
        )
        return done.returncode

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(check, range(2))) == [0, 0]


@dataclass
class Together:
    """Which checks ran at the same time."""

    running: set[str] = field(default_factory=set)
    company: dict[str, set[str]] = field(default_factory=dict)
    """What else ran at some time while a check did."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def noted(self, name: str) -> Iterator[None]:
        """Note a check for as long as it runs."""
        with self.lock:
            for other in self.running:
                self.company[other].add(name)
            self.company[name] = set(self.running)
            self.running.add(name)
        try:
            yield
        finally:
            with self.lock:
                self.running.remove(name)


@pytest.fixture
def together(monkeypatch: pytest.MonkeyPatch) -> Together:
    """Which checks of the runs of a test ran at the same time."""
    together, conducted = Together(), Suite.conducted

    def noted(self: Suite, item: pytest.Function) -> CheckResult:
        with together.noted(item.name):
            return conducted(self, item)

    monkeypatch.setattr(Suite, "conducted", noted)
    return together


def test_checks_run_abreast_but_for_those_of_what_follows(target: Path, together: Together) -> None:
    """Where states are made a few checks run at the same time, and a check of a series of calls without any other."""
    run(Plan(target=target, only=("SLS-RETRY-*",), depth="quick"))

    assert together.company.pop("test_steps_in_any_order") == set()
    assert max(map(len, together.company.values())) >= ABREAST - 1


def test_checks_that_share_known_ids_run_one_by_one(target: Path, tmp_path: Path, together: Together) -> None:
    """Without a provider of states no two checks run at the same time, but for those that mostly wait."""
    without = tmp_path / "target.toml"
    without.write_text(known_ids("sls", target.read_text(encoding="utf-8")), encoding="utf-8")

    run(Plan(target=without, only=("SLS-GET-0[5-7]",), depth="quick"))

    assert len(together.company) > 3
    assert set().union(*together.company.values()) == set()


def test_a_worker_runs_its_checks_beside_each_other() -> None:
    """Each of two workers knows its half of the checks from the start, and the halves are all there is."""
    items: list[Any] = [Mock() for _ in range(7)]
    for item in items:
        item.session = SimpleNamespace(items=items)

    assert share_with(items[3], 2) == [items[1], items[3], items[5]]
    assert share_with(items[0], 2) == [items[0], items[2], items[4], items[6]]
    assert share_with(items[6], 1) == items
