"""The terminal: a summary to act on, on which nothing that a server sends can write by itself."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from retryspec.console import print_summary, safe
from retryspec.runner import ApiReport, RunReport
from retryspec.verdicts import BehaviourResult, Outcome, Strength, Verdict
from selftest.fakes import CATALOGUE, answered_with, behaviour, finding, record_of

MUST, SHOULD, _ = CATALOGUE.values()

Shown = Callable[..., str]


@pytest.fixture
def shown(capsys: pytest.CaptureFixture[str]) -> Shown:
    """What is printed of some results."""

    def shown(
        *results: BehaviourResult, verdict: Verdict = Verdict.BREAKS, verbose: bool = False, trouble: str | None = None
    ) -> str:
        api = ApiReport("sls", "http://127.0.0.1:1", verdict, 12, results, trouble)
        report = RunReport(datetime.now(UTC), 1.25, "standard", 7, (api,))
        print_summary(report, verbose=verbose, out="the-folder")
        return capsys.readouterr().out

    return shown


def failed(received: str = "200", reason: str | None = None, *, known: bool = False) -> BehaviourResult:
    """A behaviour that failed."""
    found = (finding(received=received, exchange=record_of(answered_with())),)
    return BehaviourResult(MUST, Outcome.FAIL, reason, (), found, known=known)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("\x1b[31mred\x1b[0m", "\\u001b[31mred\\u001b[0m"),
        ("\x1b]0;title\x07", "\\u001b]0;title\\u0007"),
        ("\x9b31m", "\\u009b31m"),
        ("a\u202eb\u2066c\u200bd", "a\\u202eb\\u2066c\\u200bd"),
        ("a\rb\bc\x00\x7f", "a\\u000db\\u0008c\\u0000\\u007f"),
        ("\ud800", "\\ud800"),
        ("a\u2028b\u2029", "a\\u2028b\\u2029"),
        ("ä€😀 [bold]x[/bold]", "ä€😀 [bold]x[/bold]"),
    ],
    ids=["colour", "title", "8-bit control", "direction", "carriage return", "surrogate", "separators", "text"],
)
def test_control_characters_are_shown_as_what_they_are(text: str, plain: str) -> None:
    """No character that commands a terminal gets through; text stays as it is."""
    assert safe(text) == plain


def test_line_of_a_server_cannot_pass_for_ours() -> None:
    """After a line break in a text there is always an indentation."""
    assert all(line.startswith(" " * 8) for line in safe("a\nconforms  1 requests\n\nb").split("\n")[1:])


def test_failure_is_shown_with_all_that_it_takes(shown: Shown) -> None:
    """A finding has its number, behaviour, what was expected and came, the source and a line to paste."""
    text = shown(failed())

    for words in ("F1", "X-MUST-01", "MUST", "What X-MUST-01 says.", "expected", "400", "received", "200", "seed 000"):
        assert words in text
    assert "curl     curl http://h/\n" in text
    assert "1 fail" in text
    assert re.search(r"^breaks  12 requests in 1\.[23] s, seed 7, depth standard; report in the-folder$", text, re.M)


def test_markup_of_a_server_is_text(shown: Shown) -> None:
    """Markup of the terminal library in an answer is shown and not interpreted; broken markup breaks nothing."""
    text = shown(failed("[bold red]x[/nothing] [link=file:///etc]y[/link] \x1b[2J\u202e"))

    assert "[bold red]x[/nothing] [link=file:///etc]y[/link] \\u001b[2J\\u202e" in text
    assert "\x1b" not in text


def test_long_text_is_cut_but_for_the_line_to_paste(shown: Shown) -> None:
    """What came is shown by its start."""
    text = shown(failed("x" * 10_000))

    assert max(len(line) for line in text.splitlines()) < 500


def test_more_of_the_same_is_a_number(shown: Shown) -> None:
    """Of many findings about one behaviour the first are shown; where the others are is told."""
    many = BehaviourResult(MUST, Outcome.FAIL, None, (), tuple(finding(received=str(number)) for number in range(20)))

    text = shown(many)

    assert text.count("received") == 3
    assert "X-MUST-01: 17 more in the report, F4 to F20" in text


def test_what_passed_is_a_number(shown: Shown) -> None:
    """Without -v a behaviour that passed has no line, with it all have one."""
    passed = BehaviourResult(MUST, Outcome.PASS)

    assert "X-MUST-01" not in shown(passed, verdict=Verdict.CONFORMS)
    assert "pass     X-MUST-01" in shown(passed, verdict=Verdict.CONFORMS, verbose=True)


def test_what_wants_attention_has_a_line(shown: Shown) -> None:
    """Untested behaviours, errors, stale and known deviations are told with their reasons."""
    assert "(no such state)" in shown(BehaviourResult(MUST, Outcome.UNTESTED, "no such state"))
    assert "(Traceback)" in shown(BehaviourResult(MUST, Outcome.ERROR, "Traceback"))
    assert "stale" in shown(BehaviourResult(MUST, Outcome.PASS, "the entry is stale"))
    assert "known deviation: later" in shown(failed(reason="known deviation: later", known=True))
    assert "X-MUST-09" not in shown(BehaviourResult(behaviour("X-MUST-09", unobservable="why"), Outcome.UNTESTED))


def test_warnings_are_told_from_failures(shown: Shown) -> None:
    """A SHOULD is shown as a warning, what did not show again as unstable."""
    warned = BehaviourResult(SHOULD, Outcome.WARN, None, (), (finding(SHOULD.id, Strength.SHOULD),))
    unstable = BehaviourResult(MUST, Outcome.UNSTABLE, None, (), (finding(stable=False),))

    noted = BehaviourResult(MUST, Outcome.PASS, None, (), (finding(strength=Strength.NOTE),))

    assert re.search(r"note +F1  X-MUST-01", shown(noted, verdict=Verdict.CONFORMS))
    assert re.search(r"warn +F1  X-SHOULD-02", shown(warned, verdict=Verdict.CONFORMS))
    assert re.search(r"unstable +F1  X-MUST-01", shown(unstable, verdict=Verdict.CONFORMS))


def test_trouble_is_one_line(shown: Shown) -> None:
    """A run that could not be made says why once, not once for every behaviour."""
    results = [BehaviourResult(MUST, Outcome.UNTESTED, "gives no answer")] * 50

    text = shown(*results, verdict=Verdict.INCOMPLETE, trouble="gives no answer\x1b[2J")

    assert text.count("gives no answer") == 1
    assert "\x1b" not in text


@pytest.mark.parametrize(("no_color", "styled"), [("1", False), ("", True)])
def test_no_color_is_plain(shown: Shown, monkeypatch: pytest.MonkeyPatch, no_color: str, styled: bool) -> None:
    """With NO_COLOR a terminal is sent words alone, and nothing bold or dim either."""
    for name, value in (("NO_COLOR", no_color), ("FORCE_COLOR", "1"), ("TERM", "xterm")):
        monkeypatch.setenv(name, value)

    assert ("\x1b[" in shown(failed())) is styled
