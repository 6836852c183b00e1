"""Shards put together say what a whole run says; what changed between two runs is told whole."""

import argparse
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from retryspec.errors import RunError, UsageError
from retryspec.plugin import run_options
from retryspec.reference.target import reference_target
from retryspec.report import write_reports
from retryspec.report.compare import Kind, compared
from retryspec.report.merge import merged
from retryspec.runner import Plan, run
from retryspec.verdicts import ELSEWHERE, KNOWN_DEVIATION, NO_CHECK_RAN, PARTLY, UNOBSERVABLE
from selftest.conftest import Said

Content = dict[str, Any]

COUNTED = ("pass", "fail", "warn", "unstable", "untested", "skipped", "error")


def behaviour(number: int, outcome: str, reason: str | None = None, **more: object) -> Content:
    """A behaviour as a report has it."""
    finding = {"id": "F1", "check": "suite/sls/test_x.py::test_x", "expected": "1", "received": "2"}
    findings = [{**finding, "curl": None, "request": None, "response": None}] if outcome == "fail" else []
    known = {"id": f"X-{number:02}", "level": "MUST", "says": "What it says.", "source": "seed 000", "checks": []}
    return {**known, "outcome": outcome, "reason": reason, "findings": findings, **more}


def report(*behaviours: Content, verdict: str = "conforms", shard: str | None = None, **more: object) -> Content:
    """A report about one API."""
    outcomes = [each["outcome"] for each in behaviours]
    api = {
        "api": "sls",
        "base_url": "http://h",
        "verdict": verdict,
        "requests": 1,
        "counts": {name: outcomes.count(name) for name in COUNTED},
        "behaviours": list(behaviours),
        **more,
    }
    tool: Content = {"name": "retryspec", "version": "1", "seed": 1, "depth": "quick"}
    return {
        "format": "retryspec-report/1",
        "tool": {**tool, **({"shard": shard} if shard else {})},
        "started": "2026-01-01T00:00:00Z",
        "seconds": 1,
        "verdict": verdict,
        "apis": [api],
    }


def elsewhere(number: int) -> Content:
    """A behaviour whose checks another shard has."""
    return behaviour(number, "skipped", ELSEWHERE)


# Shards


def test_more_than_nine_shards_are_a_run() -> None:
    """Shards are in the order of their numbers, and not of the letters of these."""
    shards = [report(behaviour(1, "pass"), shard=f"{part}/12") for part in range(1, 13)]

    assert merged(shards)["verdict"] == "conforms"


def test_shards_of_different_catalogues_are_refused() -> None:
    """Reports that do not speak of the same behaviours are no shards of one run."""
    one, two = report(behaviour(1, "pass"), shard="1/2"), report(behaviour(2, "pass"), shard="2/2")

    with pytest.raises(UsageError, match="different catalogues: their behaviours of sls differ"):
        merged([one, two])


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [
        ((behaviour(1, "pass"), elsewhere(2)), (elsewhere(1), behaviour(2, "untested", "no state")), "conforms"),
        ((behaviour(1, "pass"), elsewhere(2)), (elsewhere(1), behaviour(2, "fail")), "breaks"),
        ((behaviour(1, "untested", "no state"), elsewhere(2)), (elsewhere(1), elsewhere(2)), "incomplete"),
        ((behaviour(1, "untested", f"1 of 2{PARTLY}no"),), (elsewhere(1),), "conforms"),
        ((behaviour(1, "untested", UNOBSERVABLE),), (behaviour(1, "untested", UNOBSERVABLE),), "incomplete"),
        ((behaviour(1, "pass"), *map(elsewhere, range(2, 7))), tuple(map(elsewhere, range(1, 7))), "incomplete"),
    ],
    ids=["one untested", "one fails", "nothing tested", "partly tested", "unobservable", "a sixth tested"],
)  # fmt: skip
def test_verdict_is_that_of_the_whole(first: tuple[Content, ...], second: tuple[Content, ...], verdict: str) -> None:
    """A shard that by itself says little does no harm, and all together may say too little."""
    by_itself = {True: "breaks", False: "incomplete"}[any(each["outcome"] == "fail" for each in second)]

    whole = merged([report(*first, shard="1/2"), report(*second, shard="2/2", verdict=by_itself)])

    assert whole["verdict"] == whole["apis"][0]["verdict"] == verdict


def test_shard_that_was_not_finished_leaves_no_verdict() -> None:
    """What one shard did not look at, nobody looked at."""
    lost = report(elsewhere(1), shard="2/2", verdict="incomplete", trouble="the time was used up")

    whole = merged([report(behaviour(1, "pass"), shard="1/2"), lost])

    assert whole["verdict"] == "incomplete"
    assert whole["apis"][0]["trouble"] == "the time was used up"


def test_behaviour_without_any_check_is_untested() -> None:
    """What no shard has a check for is not skipped, but has none."""
    whole = merged([report(behaviour(1, "pass"), elsewhere(2), shard=f"{part}/2") for part in (1, 2)])

    assert whole["apis"][0]["behaviours"][1]["outcome"] == "untested"
    assert whole["apis"][0]["behaviours"][1]["reason"] == NO_CHECK_RAN
    assert whole["apis"][0]["counts"]["untested"] == 1


def test_same_finding_of_two_shards_is_one() -> None:
    """What the checks of several shards saw alike is one finding, as in a whole run."""
    whole = merged([report(behaviour(1, "fail"), shard=f"{part}/2", verdict="breaks") for part in (1, 2)])

    assert [each["id"] for each in whole["apis"][0]["behaviours"][0]["findings"]] == ["F1"]


def test_shard_leaves_out_an_api_that_it_has_no_check_of() -> None:
    """Nothing is said of an API without a check, neither good nor bad; a shard without any check is an error."""
    said = set()
    with reference_target(("sls", "vcf")) as target:
        for part in range(1, 41):
            try:
                apis = run(Plan(target=target, depth="quick", only=("SLS-GET-16",), shard=(part, 40))).apis
            except RunError as error:
                said.add(str(error))
            else:
                said.add(" ".join(api.slug for api in apis))
            if len(said) > 1 and "sls" in said:
                break

    assert "sls" in said
    assert all(re.fullmatch(r"sls|There is no check in part \d+ of 40: choose fewer parts\.", each) for each in said)


def test_shard_of_a_server_that_is_gone_says_so(tmp_path: Path) -> None:
    """Nothing is called somebody else's part where the run could not be made."""
    target = tmp_path / "gone.toml"
    target.write_text('[vcf]\nbase_url = "http://127.0.0.1:9"\ntoken = "a-token"\n', encoding="utf-8")

    [api] = run(Plan(target=target, shard=(1, 2))).apis

    assert api.trouble is not None
    assert {result.reason for result in api.behaviours} == {api.trouble}


def test_one_shard_is_not_called_the_run(retryspec: Callable[..., Said], tmp_path: Path) -> None:
    """The verdict of a part is told as that."""
    file = tmp_path / "report.json"
    file.write_text(json.dumps(report(behaviour(1, "pass"), shard="1/2")), encoding="utf-8")

    assert retryspec("report", str(file)).out.endswith("conforms  (part 1/2 of a run alone)\n")


def test_shards_share_the_known_ids() -> None:
    """No two processes of any shard retry the same task that the target file names."""
    options = argparse.Namespace(
        exchange_timeout=1, settle=1, ends_at=None, read_only=False, allow_retry=False, rate=6.0, suite_seed=1,
        depth="quick",
    )  # fmt: skip
    ids, taken, rates = list(range(20)), [], set()
    for shard in ("1/2", "2/2"):
        for worker in range(3):
            config: Any = argparse.Namespace(
                option=argparse.Namespace(**vars(options), shard=shard),
                workerinput={"workerid": f"gw{worker}", "workercount": 3},
            )
            share, of = run_options(config).share
            taken += ids[share::of]
            rates.add(run_options(config).rate)

    assert sorted(taken) == ids
    assert rates == {2.0}


# Comparing


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (behaviour(1, "pass"), behaviour(1, "fail"), Kind.BROKEN),
        (behaviour(1, "untested", "no state"), behaviour(1, "fail"), Kind.BROKEN),
        (behaviour(1, "pass"), behaviour(1, "fail", KNOWN_DEVIATION + "later"), Kind.WORSE),
        (behaviour(1, "fail", KNOWN_DEVIATION + "later"), behaviour(1, "fail"), Kind.BROKEN),
        (behaviour(1, "fail"), behaviour(1, "pass"), Kind.MENDED),
        (behaviour(1, "skipped", "not claimed"), behaviour(1, "pass"), Kind.NEWLY_TESTED),
        (behaviour(1, "pass"), behaviour(1, "untested", "no state"), Kind.NO_LONGER_TESTED),
        (behaviour(1, "pass"), behaviour(2, "skipped", "not claimed"), Kind.NO_LONGER_TESTED),
    ],
    ids=["fails", "fails at first look", "known", "known no more", "mended", "new", "untested", "absent"],
)
def test_change_is_called_what_it_is(before: Content, after: Content, kind: Kind) -> None:
    """A failure counts unless the target file names it, and what is no longer looked at is told."""
    assert compared(report(before), report(after))[0].kind is kind


def test_run_without_a_verdict_is_not_as_good_as_before(retryspec: Callable[..., Said], tmp_path: Path) -> None:
    """Where the new run came to nothing, that nothing fails in it means nothing."""
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text(json.dumps(report(behaviour(1, "pass"))), encoding="utf-8")
    lost = report(behaviour(1, "untested", "gone"), verdict="incomplete", trouble="gone")
    new.write_text(json.dumps(lost), encoding="utf-8")

    said = retryspec("report", "--against", str(old), str(new))

    assert said.code == 3
    assert said.out.startswith("no longer tested X-01")


def test_many_changes_of_a_kind_are_a_number(retryspec: Callable[..., Said], tmp_path: Path) -> None:
    """What broke is always told in full; of all else there are examples."""
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    before = [behaviour(number, "pass") for number in range(1, 61)]
    broken = [behaviour(number, "fail") for number in range(1, 31)]
    lost = [behaviour(number, "untested", "gone") for number in range(31, 61)]
    old.write_text(json.dumps(report(*before)), encoding="utf-8")
    new.write_text(json.dumps(report(*broken, *lost, verdict="breaks")), encoding="utf-8")

    lines = retryspec("report", "--against", str(old), str(new)).out.splitlines()

    assert sum(line.startswith("broken ") for line in lines) == 30
    assert sum(line.startswith("no longer tested ") for line in lines) == 21
    assert lines[-1] == "no longer tested 10 more"


def test_comparison_is_text(retryspec: Callable[..., Said], tmp_path: Path) -> None:
    """Nothing in a report from anywhere commands the terminal, or cannot be printed."""
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text(json.dumps(report(behaviour(1, "pass", says="\x1b[2J\ud800\nbroken"))), encoding="utf-8")
    new.write_text(json.dumps(report(behaviour(1, "fail", says="\x1b[2J\ud800\nbroken"))), encoding="utf-8")

    said = retryspec("report", "--against", str(old), str(new))

    assert (said.code, said.err) == (1, "")
    assert said.out.endswith("pass -> fail  \\u001b[2J\\ud800\\u000abroken\n")


def test_trouble_is_in_the_report(tmp_path: Path) -> None:
    """Why a run could not be made can be read in all that it leaves."""
    target = tmp_path / "gone.toml"
    target.write_text('[vcf]\nbase_url = "http://127.0.0.1:9"\ntoken = "a-token"\n', encoding="utf-8")

    write_reports(run(Plan(target=target)), tmp_path)

    content = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert content["apis"][0]["trouble"].startswith("vcf: ")
