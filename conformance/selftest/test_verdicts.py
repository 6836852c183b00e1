"""From what checks found to a verdict: the worst counts, and nothing is green for nothing."""

import pytest
from retryspec.behaviours import Behaviour, Level
from retryspec.verdicts import (
    WORST_FIRST,
    BehaviourResult,
    CheckResult,
    Finding,
    Outcome,
    Strength,
    Verdict,
    api_verdict,
    judge_behaviours,
)
from selftest.fakes import CATALOGUE, behaviour, check_result, finding

MUST, SHOULD, MAY = CATALOGUE


def judged(*results: CheckResult, name: str = MUST, known: dict[str, str] | None = None) -> BehaviourResult:
    """What becomes of a behaviour."""
    found = judge_behaviours(CATALOGUE, results, selected=CATALOGUE, known=known)
    return next(one for one in found if one.behaviour.id == name)


def verdict_of(*results: CheckResult, catalogue: dict[str, Behaviour] = CATALOGUE, finished: bool = True) -> Verdict:
    """The verdict on an API."""
    return api_verdict(judge_behaviours(catalogue, results, selected=catalogue), finished=finished)


PASSED = check_result(MUST)
FAILED = check_result(MUST, findings=(finding(),))
WARNED = check_result(MUST, findings=(finding(strength=Strength.SHOULD),))
NOTED = check_result(MUST, findings=(finding(strength=Strength.NOTE),))
UNSTABLE = check_result(MUST, findings=(finding(stable=False),))
UNTESTED = check_result(MUST, observed=False, untested="no such state")
SKIPPED = check_result(MUST, observed=False, skipped="may only read")
ERROR = check_result(MUST, observed=False, error="Traceback")

ONE_BY_ONE = {
    "passed": (PASSED, Outcome.PASS),
    "failed": (FAILED, Outcome.FAIL),
    "warned": (WARNED, Outcome.WARN),
    "noted": (NOTED, Outcome.PASS),
    "unstable": (UNSTABLE, Outcome.UNSTABLE),
    "untested": (UNTESTED, Outcome.UNTESTED),
    "skipped": (SKIPPED, Outcome.SKIPPED),
    "error": (ERROR, Outcome.ERROR),
}


@pytest.mark.parametrize(("result", "outcome"), ONE_BY_ONE.values(), ids=ONE_BY_ONE)
def test_result_of_one_check_is_the_outcome(result: CheckResult, outcome: Outcome) -> None:
    """A behaviour that one check decides has the outcome of that check."""
    assert judged(result).outcome is outcome


@pytest.mark.parametrize("first", ONE_BY_ONE)
@pytest.mark.parametrize("second", ONE_BY_ONE)
def test_worst_outcome_counts(first: str, second: str) -> None:
    """A behaviour that two checks decide has the worse outcome, whatever their order."""
    (one, outcome_of_one), (other, outcome_of_other) = ONE_BY_ONE[first], ONE_BY_ONE[second]
    worst = min((outcome_of_one, outcome_of_other), key=WORST_FIRST.index)

    assert judged(one, other).outcome is worst


def test_every_outcome_has_a_rank() -> None:
    """No outcome is left out of the order."""
    assert sorted(WORST_FIRST) == sorted(Outcome)


def test_finding_of_another_check_counts() -> None:
    """What a check comes across about a behaviour that it does not decide speaks against the server all the same."""
    assert judged(check_result(SHOULD, findings=(finding(MUST),))).outcome is Outcome.FAIL


def test_passes_beside_untested_are_told() -> None:
    """Where some checks passed and others could not look, the reason says how many."""
    result = judged(PASSED, UNTESTED)

    assert (result.outcome, result.partly) == (Outcome.UNTESTED, True)
    assert result.reason == "1 of 2 checks passed; the rest: no such state"


def test_checks_are_named_once() -> None:
    """The cases of one check are one entry."""
    results = [check_result(MUST, check=f"suite/sls/test_a.py::test_b[{case}]") for case in "xyz"]

    assert judged(*results).checks == ("suite/sls/test_a.py::test_b",)


def test_behaviour_without_a_check_is_untested() -> None:
    """What nobody looked at is untested, with the reason where there is one."""
    catalogue = {"X-MUST-09": behaviour("X-MUST-09", unobservable="only the vendor sees it")}

    assert (judged().outcome, judged().reason) == (Outcome.UNTESTED, "no check ran")
    [result] = judge_behaviours(catalogue, [], selected=catalogue)
    assert (result.outcome, result.reason) == (Outcome.UNTESTED, "unobservable: only the vendor sees it")


def test_what_was_not_selected_is_skipped() -> None:
    """A run that looks at some behaviours skips the rest, unless something speaks against one of them."""
    results = judge_behaviours(CATALOGUE, [PASSED], selected=[MUST])
    assert [result.outcome for result in results] == [Outcome.PASS, Outcome.SKIPPED, Outcome.SKIPPED]

    found = check_result(MUST, findings=(finding(SHOULD, Strength.SHOULD),))
    results = judge_behaviours(CATALOGUE, [found], selected=[MUST])
    assert [result.outcome for result in results] == [Outcome.PASS, Outcome.WARN, Outcome.SKIPPED]


def test_operation_that_is_not_claimed_is_skipped() -> None:
    """Only what all operations share and what the target claims is judged."""
    catalogue = {
        one.id: one for one in (behaviour("A-1"), behaviour("B-1", operation="get"), behaviour("C-1", operation="put"))
    }
    results = judge_behaviours(
        catalogue, [check_result("A-1", "B-1", "C-1")], selected=catalogue, claimed=frozenset({"put"})
    )

    assert [result.outcome for result in results] == [Outcome.PASS, Outcome.SKIPPED, Outcome.PASS]
    assert results[1].reason == "the target does not claim get"


# Known deviations


def test_known_deviation_is_shown_and_does_not_fail_the_run() -> None:
    """A failure that the target file names keeps its outcome, with the reason given there."""
    results = judge_behaviours(CATALOGUE, [FAILED], selected=CATALOGUE, known={MUST: "next release"})

    assert (results[0].outcome, results[0].known) == (Outcome.FAIL, True)
    assert results[0].reason == "known deviation: next release"
    assert api_verdict(results, finished=True) is Verdict.CONFORMS


def test_known_deviation_excuses_no_other() -> None:
    """A second failure fails the run."""
    both = check_result(MUST, SHOULD, findings=(finding(), finding(SHOULD)))
    results = judge_behaviours(CATALOGUE, [both], selected=CATALOGUE, known={MUST: "next release"})

    assert api_verdict(results, finished=True) is Verdict.BREAKS


def test_known_deviation_that_passes_is_stale() -> None:
    """An entry for what passes is told."""
    result = judged(PASSED, known={MUST: "next release"})

    assert result.outcome is Outcome.PASS
    assert result.reason == "listed as a known deviation (next release), but it passes: the entry is stale"


@pytest.mark.parametrize("result", [UNTESTED, SKIPPED, ERROR, WARNED, UNSTABLE])
def test_known_deviation_changes_nothing_else(result: CheckResult) -> None:
    """What was not seen to fail stays as it is."""
    assert judged(result, known={MUST: "next release"}) == judged(result)


# Verdicts


@pytest.mark.parametrize(
    ("results", "verdict"),
    [
        ([PASSED], Verdict.CONFORMS),
        ([WARNED], Verdict.CONFORMS),
        ([UNSTABLE], Verdict.CONFORMS),
        ([FAILED], Verdict.BREAKS),
        ([PASSED, FAILED], Verdict.BREAKS),
        ([UNTESTED], Verdict.INCOMPLETE),
        ([SKIPPED], Verdict.INCOMPLETE),
        ([ERROR], Verdict.INCOMPLETE),
        ([PASSED, ERROR], Verdict.INCOMPLETE),
        ([], Verdict.INCOMPLETE),
    ],
    ids=[
        "passed",
        "warned",
        "unstable",
        "failed",
        "failed too",
        "untested",
        "skipped",
        "error",
        "error too",
        "nothing",
    ],
)
def test_outcomes_end_in_a_verdict(results: list[CheckResult], verdict: Verdict) -> None:
    """A broken MUST breaks; an error of ours and too little tested are incomplete."""
    assert verdict_of(*results) is verdict


def test_run_that_was_not_finished_does_not_conform() -> None:
    """A run that was cut short breaks where something failed, and is incomplete else."""
    assert verdict_of(PASSED, finished=False) is Verdict.INCOMPLETE
    assert verdict_of(FAILED, finished=False) is Verdict.BREAKS


def test_error_does_not_hide_a_failure() -> None:
    """An error of ours about one behaviour leaves a failure of another one standing."""
    error = check_result(SHOULD, observed=False, error="Traceback")

    assert verdict_of(FAILED, error) is Verdict.BREAKS


@pytest.mark.parametrize(
    ("tested", "verdict"),
    [(0, Verdict.INCOMPLETE), (24, Verdict.INCOMPLETE), (25, Verdict.CONFORMS), (100, Verdict.CONFORMS)],
)
def test_quarter_of_the_musts_has_to_be_tested(tested: int, verdict: Verdict) -> None:
    """A run that looked at less than a quarter of the MUSTs says nothing about the rest."""
    catalogue = {name: behaviour(name) for name in (f"X-{number}" for number in range(100))}
    results = [check_result(name) for name in list(catalogue)[:tested]]

    assert verdict_of(*results, catalogue=catalogue) is verdict


def test_musts_that_nobody_can_see_do_not_count() -> None:
    """What is unobservable is not missed, and does not make a verdict by itself."""
    hidden = {name: behaviour(name, unobservable="why") for name in (f"X-{number}" for number in range(9))}

    assert verdict_of(PASSED, catalogue={**hidden, MUST: CATALOGUE[MUST]}) is Verdict.CONFORMS
    assert verdict_of(catalogue=hidden) is Verdict.INCOMPLETE


def test_partly_tested_behaviours_count_as_tested() -> None:
    """A behaviour some of whose checks passed was looked at."""
    assert verdict_of(PASSED, UNTESTED) is Verdict.CONFORMS


def test_selection_of_mays_can_conform() -> None:
    """Where no MUST is asked for, something has to be tested all the same."""
    catalogue = {MAY: behaviour(MAY, Level.MAY)}
    noted: tuple[Finding, ...] = (finding(MAY, Strength.NOTE),)

    assert verdict_of(check_result(MAY, findings=noted), catalogue=catalogue) is Verdict.CONFORMS
    assert verdict_of(catalogue=catalogue) is Verdict.INCOMPLETE
