"""`retryspec replay`: what was found is looked at again, and what was not seen is never called good."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from retryspec.reference.target import reference_target
from retryspec.report import write_reports
from retryspec.runner import Plan, run
from selftest.conftest import Said

FAULT = "vcf-list-is-array"

Replay = Callable[..., Said]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The report of a run against a server that breaks one behaviour."""
    folder = tmp_path_factory.mktemp("found")
    with reference_target(("vcf",), variations=(FAULT,)) as target:
        write_reports(run(Plan(target=target, depth="quick", only=("VCF-LIST-01",))), folder)
    content: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return content


def broken_in(content: dict[str, Any]) -> dict[str, Any]:
    """The behaviour that is broken."""
    broken: dict[str, Any] = next(each for each in content["apis"][0]["behaviours"] if each["findings"])
    return broken


@pytest.fixture
def replay(retryspec: Callable[..., Said], tmp_path: Path) -> Replay:
    """The command, given the content of a report."""

    def call(content: dict[str, Any], *words: str) -> Said:
        file = tmp_path / "report.json"
        file.write_text(json.dumps(content), encoding="utf-8")
        return retryspec("replay", str(file), *words)

    return call


def test_mended_server_is_0(replay: Replay, found: dict[str, Any]) -> None:
    """A server that behaves now is told from one that does not."""
    said = replay(found, "vcf-F1", "--reference")

    assert said.code == 0
    assert said.out.endswith("now       as it should be\n")


def test_broken_server_is_1_with_the_exchange(replay: Replay, found: dict[str, Any]) -> None:
    """What was expected, what came, and the whole exchange are shown again."""
    with reference_target(("vcf",), variations=(FAULT,)) as target:
        said = replay(found, "F1", "--target", str(target))

    assert said.code == 1
    for words in (
        "then      expected",
        "now       expected",
        "sent      GET http",
        "got       200 after",
        "curl      ",
    ):
        assert words in said.out


def test_finding_of_a_generated_request_is_looked_at_again(replay: Replay, tmp_path: Path) -> None:
    """A behaviour that the check speaks of, but does not decide, is seen to be mended, and to be broken still."""
    check = "suite/vcf/test_generated.py::test_generated_requests"
    with reference_target(("vcf",), variations=("vcf-odd-retry-accepted",)) as target:
        write_reports(run(Plan(target=target, checks=(check,))), tmp_path)
        content = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
        broken = broken_in(content)
        still = replay(content, broken["findings"][0]["id"], "--target", str(target))

    assert broken["id"] == "VCF-RETRY-07"
    assert broken["checks"] == []
    assert still.code == 1
    mended = replay(content, broken["findings"][0]["id"], "--reference")
    assert mended.code == 0
    assert mended.out.endswith("now       as it should be\n")


def test_what_may_only_be_read_is_not_called_mended(replay: Replay, found: dict[str, Any]) -> None:
    """A replay that may not do what the check needs ends in 3, and says so."""
    content = json.loads(json.dumps(found))
    broken_in(content)["findings"][0]["check"] = "suite/vcf/test_addressing.py::test_retry_of_unknown_task_is_refused"

    said = replay(content, "F1", "--reference", "--read-only")

    assert said.code == 3
    assert "now       not seen: " in said.out


def test_check_that_is_gone_is_3(replay: Replay, found: dict[str, Any]) -> None:
    """A check that this version has not says nothing about a server."""
    content = json.loads(json.dumps(found))
    broken_in(content)["findings"][0]["check"] = "suite/vcf/test_gone.py::test_gone"

    said = replay(content, "F1", "--reference")

    assert said.code == 3
    assert "this version of retryspec has no check suite/vcf/test_gone.py::test_gone" in said.out


def test_behaviour_that_is_gone_is_3(replay: Replay, found: dict[str, Any]) -> None:
    """A behaviour that this version has not is one line."""
    content = json.loads(json.dumps(found))
    broken_in(content)["id"] = "VCF-GONE-01"

    said = replay(content, "F1", "--reference")

    assert said.code == 3
    assert said.err.endswith("this version of retryspec knows no behaviour VCF-GONE-01.\n")
    assert said.err.count("\n") == 1


def test_server_that_is_gone_is_3(replay: Replay, found: dict[str, Any], tmp_path: Path) -> None:
    """A server that does not answer is not called mended."""
    target = tmp_path / "gone.toml"
    target.write_text('[vcf]\nbase_url = "http://127.0.0.1:9"\ntoken = "a-token"\n', encoding="utf-8")

    said = replay(found, "F1", "--target", str(target))

    assert said.code == 3
    assert "now       not seen: " in said.out


def test_report_cannot_command_the_terminal(replay: Replay, found: dict[str, Any]) -> None:
    """What stands in a report from anywhere is shown as text."""
    content = json.loads(json.dumps(found))
    broken_in(content)["says"] = "\x1b]0;title\x07 \u202e \ud800"

    said = replay(content, "F1", "--reference")

    assert "\\u001b]0;title\\u0007 \\u202e \\ud800" in said.out
