"""How a check is conducted: what it observes, what it finds, and when it looks again."""

from collections.abc import Callable, Iterator

import pytest
from retryspec.behaviours import Behaviour
from retryspec.checks import (
    MOST_FINDINGS,
    Judge,
    NoAnswer,
    NotClaimed,
    NotConcerned,
    Untestable,
    conduct,
    decided_by,
    decides,
    describe,
    in_background,
)
from retryspec.errors import RunError
from retryspec.exchange import Exchange, ReadOnly
from retryspec.selfproof import prove_judging
from retryspec.verdicts import CheckResult, Outcome, Strength, judge_behaviours
from selftest.fakes import CATALOGUE, CHECK, answered_with, record_of, unanswered

MUST, SHOULD, MAY = CATALOGUE
DECIDES = (MUST, SHOULD, MAY)

Check = Callable[[Judge], None]


def conducted(check: Check, decides: tuple[str, ...] = DECIDES) -> CheckResult:
    """What a check finds."""
    return conduct(lambda: Judge(CHECK, decides, CATALOGUE, record_of), check)


def outcome_of(result: CheckResult, name: str = MUST, catalogue: dict[str, Behaviour] = CATALOGUE) -> Outcome:
    """What becomes of a behaviour."""
    judged = judge_behaviours(catalogue, [result], selected=catalogue)
    return next(one.outcome for one in judged if one.behaviour.id == name)


def look_by_look(*looks: Check) -> Check:
    """A check that does something else at every look."""
    left: Iterator[Check] = iter(looks)
    return lambda judge: next(left)(judge)


def holds(judge: Judge) -> None:
    """See that the MUST holds."""
    judge.expect(MUST, True, expected="400")


def breaks(judge: Judge) -> None:
    """See that the MUST is broken."""
    judge.expect(MUST, False, answered_with(200), expected="400")


def proves(judge: Judge) -> None:
    """See that the MUST is broken, beyond doubt."""
    judge.expect(MUST, False, answered_with(200), expected="400", conclusive=True)


def looks_at_nothing(_: Judge) -> None:
    """Expect nothing."""


def cannot_go_on(_: Judge) -> None:
    """Miss a state."""
    raise Untestable("no failed task")


def gets_no_answer(_: Judge) -> None:
    """Meet a dead server."""
    raise NoAnswer(unanswered("cannot connect"))


# Observations


def test_behaviour_passes_where_it_was_looked_at() -> None:
    """An expectation that holds is a pass."""
    assert outcome_of(conducted(holds)) is Outcome.PASS


def test_behaviour_does_not_pass_without_an_observation() -> None:
    """A check that looks at nothing leaves what it decides untested."""
    assert outcome_of(conducted(looks_at_nothing)) is Outcome.UNTESTED
    assert outcome_of(conducted(holds), SHOULD) is Outcome.UNTESTED


@pytest.mark.parametrize(
    ("name", "strict", "strength"),
    [
        (MUST, True, Strength.STRICT),
        (MUST, False, Strength.SHOULD),
        (SHOULD, True, Strength.SHOULD),
        (SHOULD, False, Strength.SHOULD),
        (MAY, True, Strength.NOTE),
        (MAY, False, Strength.NOTE),
    ],
)
def test_level_says_how_far_a_finding_goes(name: str, strict: bool, strength: Strength) -> None:
    """A broken MUST fails unless there is room for it, a SHOULD warns, a MAY is noted."""
    result = conducted(lambda judge: (judge.expect(name, False, expected="x", strict=strict), None)[1])

    assert result.findings[0].strength is strength


def test_levels_end_in_outcomes() -> None:
    """MUST fails, SHOULD warns; what was noted about a MAY is no fault."""

    def check(judge: Judge) -> None:
        for name in DECIDES:
            judge.expect(name, False, answered_with(200), expected="400")

    result = conducted(check)

    assert [outcome_of(result, name) for name in DECIDES] == [Outcome.FAIL, Outcome.WARN, Outcome.PASS]


def test_findings_of_one_kind_are_few() -> None:
    """More of the same is left out, and does not hide something else."""

    def check(judge: Judge) -> None:
        for _ in range(50):
            breaks(judge)
        judge.expect(SHOULD, False, expected="x")

    result = conducted(check)

    assert [f.behaviour for f in result.findings] == [MUST] * MOST_FINDINGS + [SHOULD]


def test_expectation_tells_whether_it_holds() -> None:
    """A check can go on by what it saw, and ask what it has found so far."""
    judge = Judge(CHECK, DECIDES, CATALOGUE, record_of)

    assert judge.expect(MUST, True, expected="x") is True
    assert not judge.has_finding(MUST)
    assert judge.expect(MUST, False, expected="x") is False
    assert judge.has_finding(MUST)


@pytest.mark.parametrize(
    ("exchange", "words"),
    [
        (None, "nothing was sent"),
        (unanswered("cannot connect"), "cannot connect"),
        (answered_with(204, b""), "204 without a body"),
        (answered_with(500, b"\xff oops "), "500 \ufffd oops"),
        (answered_with(200, b"x" * 100_000), "200 " + "x" * 64 * 1024),
    ],
)
def test_what_came_is_described_in_a_line(exchange: Exchange | None, words: str) -> None:
    """What was received is told by status and body, of which no more is looked at than can be shown."""
    assert describe(exchange) == words


def test_secret_where_a_body_is_cut_is_not_shown() -> None:
    """What came is cut only when the secrets in it were replaced, so that no part of one is left."""
    secret = "s" * 300
    judge = Judge(CHECK, DECIDES, CATALOGUE, record_of, lambda text, _: text.replace(secret, "***"))

    judge.expect(MUST, False, answered_with(200, b"token " + secret.encode()), expected="x")

    assert judge.findings[0].received == "200 token ***"


def test_texts_of_a_finding_are_made_fit_to_be_shown() -> None:
    """Expected and received pass through the way that takes secrets out."""
    judge = Judge(CHECK, DECIDES, CATALOGUE, record_of, lambda text, _: text.replace("secret", "***"))

    judge.expect(MUST, False, answered_with(200, b"your secret"), expected="no secret")

    assert (judge.findings[0].expected, judge.findings[0].received) == ("no ***", "200 your ***")


# The second look


def test_breach_that_shows_again_stands() -> None:
    """What shows twice is a failure."""
    assert outcome_of(conducted(breaks)) is Outcome.FAIL


def test_breach_that_shows_once_is_unstable() -> None:
    """What fails and then passes is unstable, and so is what passes at first."""
    assert outcome_of(conducted(look_by_look(breaks, holds))) is Outcome.UNSTABLE

    def breaks_another(judge: Judge) -> None:
        judge.expect(SHOULD, False, expected="x")

    result = conducted(look_by_look(breaks_another, breaks))
    assert [outcome_of(result, name) for name in (MUST, SHOULD)] == [Outcome.UNSTABLE, Outcome.UNSTABLE]


def test_conclusive_breach_is_not_looked_at_again() -> None:
    """What one look proves needs no second one."""
    result = conducted(look_by_look(proves))

    assert outcome_of(result) is Outcome.FAIL
    assert result.findings[0].conclusive


def test_conclusive_breach_stands_beside_one_that_is_not() -> None:
    """A second look for one finding does not take back another that was proven, nor leave out a proof of its own."""

    def both(judge: Judge) -> None:
        proves(judge)
        judge.expect(SHOULD, False, expected="x")

    assert outcome_of(conducted(look_by_look(both, holds))) is Outcome.FAIL
    assert outcome_of(conducted(look_by_look(breaks, proves))) is Outcome.FAIL
    assert outcome_of(conducted(look_by_look(lambda j: (j.expect(SHOULD, False, expected="x"), None)[1], proves))) is (
        Outcome.FAIL
    )


def test_second_look_that_cannot_be_made_takes_nothing_back() -> None:
    """Where the only failed task was used up by the first look, what that saw stands."""
    assert outcome_of(conducted(look_by_look(breaks, cannot_go_on))) is Outcome.FAIL


def test_second_look_that_came_far_enough_does_take_back() -> None:
    """A second look that saw the behaviour hold before it had to stop makes the first one unstable."""

    def holds_then_stops(judge: Judge) -> None:
        holds(judge)
        cannot_go_on(judge)

    assert outcome_of(conducted(look_by_look(breaks, holds_then_stops))) is Outcome.UNSTABLE


def test_check_without_findings_is_not_repeated() -> None:
    """A pass and a check that could not go on are looked at once."""
    assert outcome_of(conducted(look_by_look(holds))) is Outcome.PASS
    assert outcome_of(conducted(look_by_look(cannot_go_on))) is Outcome.UNTESTED


# Ways to end


@pytest.mark.parametrize(
    ("stop", "outcome", "reason"),
    [
        (Untestable("no failed task"), Outcome.UNTESTED, "no failed task"),
        (Untestable("x", because="X-SHOULD-02"), Outcome.UNTESTED, "because X-SHOULD-02: x"),
        (NotClaimed("not claimed"), Outcome.SKIPPED, "not claimed"),
        (ReadOnly("may only read"), Outcome.SKIPPED, "may only read"),
        (RunError("time used up"), Outcome.UNTESTED, "time used up"),
        (KeyError("oops"), Outcome.ERROR, "KeyError: 'oops'"),
        (AssertionError("oops"), Outcome.ERROR, "AssertionError: oops"),
        (RecursionError("oops"), Outcome.ERROR, "RecursionError: oops"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_stop_is_an_outcome(stop: Exception, outcome: Outcome, reason: str) -> None:
    """However a check ends, the behaviour has an outcome with the reason; an error of ours is no verdict."""

    def check(_: Judge) -> None:
        raise stop

    judged = judge_behaviours(CATALOGUE, [conducted(check)], selected=CATALOGUE)

    assert judged[0].outcome is outcome
    assert reason in (judged[0].reason or "")


def test_what_was_found_before_a_stop_counts() -> None:
    """A check that cannot go on, or fails itself, keeps its findings."""

    def check(judge: Judge) -> None:
        breaks(judge)
        cannot_go_on(judge)

    result = conducted(check)

    assert outcome_of(result) is Outcome.FAIL
    assert outcome_of(result, SHOULD) is Outcome.UNTESTED


def test_request_without_an_answer_fails_the_main_behaviour() -> None:
    """No answer speaks against what the check is about; the rest is untested because of that."""
    result = conducted(gets_no_answer)

    assert result.unanswered
    assert outcome_of(result) is Outcome.FAIL
    assert outcome_of(result, SHOULD) is Outcome.UNTESTED
    assert result.untested == f"because {MUST}: cannot connect"


def test_answer_that_fails_to_come_once_is_unstable() -> None:
    """A connection that broke once is a warning."""
    result = conducted(look_by_look(gets_no_answer, holds))

    assert outcome_of(result) is Outcome.UNSTABLE
    assert not result.unanswered


def test_behaviour_that_turns_out_not_to_be_concerned_is_skipped() -> None:
    """A check may leave out one behaviour, or find that it concerns this server in nothing; that is no pass."""

    def leaves_out(judge: Judge) -> None:
        holds(judge)
        judge.leave_out(SHOULD)

    def is_not_concerned(_: Judge) -> None:
        raise NotConcerned

    assert [outcome_of(conducted(leaves_out), name) for name in (MUST, SHOULD)] == [Outcome.PASS, Outcome.SKIPPED]
    [first, *_] = judge_behaviours(CATALOGUE, [conducted(is_not_concerned)], selected=CATALOGUE)
    assert (first.outcome, first.reason) == (Outcome.SKIPPED, "it turned out not to concern this server")


def test_marks_of_a_check() -> None:
    """A function says what it decides and whether it mostly waits; any other function decides nothing."""

    @in_background
    @decides("X-MUST-01", "X-MAY-03")
    def check() -> None:
        """Do nothing."""

    assert decided_by(check) == ("X-MUST-01", "X-MAY-03")
    assert check.__dict__["in_background"] is True
    assert decided_by(test_marks_of_a_check) == ()


def test_judging_proves_itself() -> None:
    """The proof that is made before every run passes, quickly."""
    prove_judging()
