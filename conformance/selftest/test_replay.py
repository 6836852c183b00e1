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
