"""`report.html`, reports that are read back, merged and compared, and what GitHub Actions is told."""

import html
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from retryspec.errors import UsageError
from retryspec.reference.target import reference_target
from retryspec.report import report_json, report_schema, write_reports
from retryspec.report.compare import Kind, compared
from retryspec.report.github import annotations, markdown, without_commands
from retryspec.report.merge import matrix, merged
from retryspec.report.page import html_page, pretty
from retryspec.report.reading import read_report
from retryspec.runner import ApiReport, Plan, RunReport, run
from retryspec.verdicts import PARTLY, UNOBSERVABLE, BehaviourResult, Outcome, Verdict
from retryspec.visible import visible
from selftest.conftest import Said
from selftest.fakes import behaviour, finding

NASTY = "<script>alert('x')</script>\x1b[31m\u202e</pre>"


@pytest.fixture(scope="module")
def broken() -> RunReport:
    """A run against a server that breaks one behaviour."""
    with reference_target(("sls",), variations=("sls-count-beyond-page",)) as target:
        return run(Plan(target=target, depth="quick", only=("SLS-GET-16", "SLS-GET-17")))


@pytest.fixture
def content(broken: RunReport) -> dict[str, Any]:
    """The content of that run's report."""
    found: dict[str, Any] = json.loads(json.dumps(report_json(broken)))
    return found


def finding_of(content: dict[str, Any]) -> dict[str, Any]:
    """The first finding of a report."""
    found: dict[str, Any] = next(b["findings"][0] for a in content["apis"] for b in a["behaviours"] if b["findings"])
    return found


def test_page_shows_all_that_there_is(content: dict[str, Any]) -> None:
    """Verdict, every behaviour in the order of the document, and each finding with its anchor and lines to copy."""
    page = html_page(content)

    ids = re.findall(r'<article class="behaviour" id="([^"]+)"', page)
    assert ids == [behaviour["id"] for behaviour in content["apis"][0]["behaviours"]]
    assert "Breaks its contract" in page
    assert 'id="sls-F1"' in page
    assert "retryspec replay report.json sls-F1 --target target.toml" in page
    assert 'http-equiv="Content-Security-Policy"' in page
    assert not re.search(r"""(src|href)=["'](?!#)""", page)


def test_what_a_server_sent_is_text(content: dict[str, Any]) -> None:
    """Markup is escaped, and what cannot be seen is shown by name, wherever it stands."""
    finding = finding_of(content)
    finding |= {"expected": NASTY, "received": NASTY, "curl": NASTY, "check": NASTY}
    finding["request"] |= {"url": NASTY, "headers": {NASTY: NASTY}, "body": NASTY}
    finding["response"] |= {"headers": {NASTY: NASTY}, "body": json.dumps({NASTY: NASTY})}
    content["apis"][0] |= {"base_url": "http://x/" + NASTY}
    content["apis"][0]["behaviours"][0] |= {"reason": NASTY, "outcome": "untested"}

    page = html_page(content)

    assert "<script>alert" not in page
    assert "</pre></" not in page.replace("</pre></div>", "")
    assert not re.search("[\x00-\x08\x0b-\x1f\u202e]", page)
    assert "\\u202e" in page


def test_visible_leaves_lines_alone() -> None:
    """Line breaks and tabs are what they are; everything else that is not seen is named."""
    assert visible("a\n\tb\x00\u200b\ud800") == "a\n\tb\\u0000\\u200b\\ud800"


def test_page_names_what_was_missing(content: dict[str, Any]) -> None:
    """What kept behaviours from being tested is told once, with all of them, also where some checks passed."""
    first, second, third = content["apis"][0]["behaviours"][:3]
    first |= {"outcome": "untested", "reason": "needs a neighbour"}
    second |= {"outcome": "untested", "reason": f"1 of 2{PARTLY}needs a neighbour"}
    third |= {"outcome": "untested", "reason": f"{UNOBSERVABLE}only the vendor sees it"}

    page = html_page(content)

    row = re.search(r"<tr><td>needs a neighbour</td>(.*?)</tr>", page)
    assert row is not None
    assert re.findall(r">([A-Z]+-[A-Z]+-\d+)</a>", row[1]) == [first["id"], second["id"]]
    assert "but for 1 that no answer can show" in page


@pytest.mark.parametrize(
    ("reasons", "row"),
    [
        (
            ("The time is used up (--max-time).", "the time is used up (--max-time)"),
            r"the time is used up \(--max-time\)<br>.*Run again with a larger --max-time",
        ),
        (("because X-01: it is broken",) * 2, "because X-01: it is broken<br>.*It builds on X-01: mend that"),
        (("the run was given up: no answer",) * 2, "the run was given up: no answer<br>.*See why"),
        (("the provider state 'tasks' could not be set up: cannot connect",) * 2, ".*cannot connect<br>.*states_url"),
        ((None, None), "no check ran</td>"),
    ],
    ids=["time", "broken", "gone", "no states", "no reason"],
)
def test_page_says_what_to_do_about_what_was_missing(
    content: dict[str, Any], reasons: tuple[str | None, ...], row: str
) -> None:
    """The same reason is told once, however it is written, with what to do about it."""
    for each, reason in zip(content["apis"][0]["behaviours"], reasons, strict=False):
        each |= {"outcome": "untested", "reason": reason, "findings": []}

    assert len(re.findall(f"<tr><td>{row}", html_page(content))) == 1


def test_page_says_where_a_body_is_cut(content: dict[str, Any]) -> None:
    """A body of which the report keeps the beginning alone does not look as if it were whole."""
    finding_of(content)["response"] |= {"body": "x" * 64 * 1024}

    assert html_page(content).count("(the report keeps no more of it)") == 1


def test_page_tells_trouble_and_what_was_sent(content: dict[str, Any]) -> None:
    """Why a run was not finished, and which requests were sent, is on the page."""
    content["apis"][0] |= {
        "trouble": "the time was used up",
        "sent": {"requests": 9, "changing": 7, "ids": ["t-1", "t-2"]},
        "properties": {"cases": 5, "reached": {"retryShipperTask": {"200": 2, "400": 3}}},
    }
    content["tool"]["shard"] = "1/2"

    page = html_page(content)

    for words in ("the time was used up", "to 2 ids", "t-1 t-2", "2 × 200, 3 × 400", "part 1/2 of a run alone"):
        assert words in page


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ('{"a":[1,"\\u00e4"]}', '{\n  "a": [\n    1,\n    "ä"\n  ]\n}'),
        ('{"a":1,"a":2}', '{"a":1,"a":2}'),
        ('{"a":1e400}', '{"a":1e400}'),
        ('{"a":1.10}', '{"a":1.10}'),
        ('{"a":NaN}', '{"a":NaN}'),
        ("[" * 20_000, "[" * 20_000),
        ("[" * 70 + "1,2" + "]" * 70, "[" * 70 + "1,2" + "]" * 70),
        ("<html>", "<html>"),
    ],
    ids=["JSON", "name twice", "beyond a float", "digits", "no JSON", "deep", "deeper than is laid out", "HTML"],
)
def test_laid_out_body_tells_all(body: str, shown: str) -> None:
    """A body is only laid out where nothing of what came is lost by it."""
    assert pretty(body) == shown


def test_report_is_read_back(broken: RunReport, tmp_path: Path) -> None:
    """What was written is read again, and gives the same page."""
    write_reports(broken, tmp_path)

    content = read_report(tmp_path / "report.json")

    assert content == json.loads(json.dumps(report_json(broken)))
    assert html_page(content) + "\n" == (tmp_path / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nonsense", "this is no report: Expecting value"),
        ("{}", "this is no report of retryspec: the whole"),
        ("[" * 100_000, "this is no report"),
        ('{"format": "retryspec-report/2"}', "no report of retryspec"),
        ("\xff", "this is no report"),
        ('{"format": "retryspec-report/1", "\xc2\x9b31m\xe2\x80\xae": 1}', "no report of retryspec"),
    ],
)
def test_what_is_no_report_is_one_line(text: str, says: str, tmp_path: Path) -> None:
    """A file from anywhere is looked at before anything is made of it."""
    file = tmp_path / "r.json"
    file.write_bytes(text.encode("latin-1"))

    with pytest.raises(UsageError, match=re.escape(says)) as caught:
        read_report(file)

    assert "\n" not in str(caught.value)


def test_missing_report_is_one_line(tmp_path: Path) -> None:
    """A file that is not there is named."""
    with pytest.raises(UsageError, match=r"none\.json: the report cannot be read: No such file"):
        read_report(tmp_path / "none.json")


# Shards


def shards_of(of: int) -> list[dict[str, Any]]:
    """The reports of the parts of one run."""
    found = []
    with reference_target(("vcf",), variations=("vcf-list-is-array",)) as target:
        for part in range(1, of + 1):
            report = run(Plan(target=target, depth="quick", only=("VCF-LIST-*", "VCF-GET-0*"), shard=(part, of)))
            found.append(json.loads(json.dumps(report_json(report))))
    return found


def test_shards_together_are_the_run(tmp_path: Path) -> None:
    """Each check is in one part, and the merged report says what a whole run says."""
    parts = shards_of(3)

    whole = merged(parts)

    jsonschema_rs.Draft202012Validator(report_schema()).validate(whole)
    with reference_target(("vcf",), variations=("vcf-list-is-array",)) as target:
        alone = report_json(run(Plan(target=target, depth="quick", only=("VCF-LIST-*", "VCF-GET-0*"))))
    outcomes = {b["id"]: b["outcome"] for b in whole["apis"][0]["behaviours"]}
    assert outcomes == {b["id"]: b["outcome"] for b in alone["apis"][0]["behaviours"]}
    assert whole["verdict"] == alone["verdict"] == "breaks"
    assert "shard" not in whole["tool"]
    numbers = [f["id"] for b in whole["apis"][0]["behaviours"] for f in b["findings"]]
    assert numbers == [f"F{number}" for number in range(1, len(numbers) + 1)]


def test_some_shards_are_not_the_run(content: dict[str, Any]) -> None:
    """Parts that are missing, twice there or run otherwise are named."""
    one = {**content, "tool": {**content["tool"], "shard": "1/2"}}
    two = {**content, "tool": {**content["tool"], "shard": "2/2", "seed": 99}}

    with pytest.raises(UsageError, match="not all shards of one run: 1/2, 1/2"):
        merged([one, one])
    with pytest.raises(UsageError, match="differ in seed"):
        merged([one, two])


# Comparing


def test_what_changed_is_told(content: dict[str, Any]) -> None:
    """What broke comes first; what is the same is not told."""
    old: dict[str, Any] = json.loads(json.dumps(content))
    by_id = {b["id"]: b for b in content["apis"][0]["behaviours"]}
    by_id["SLS-GET-16"]["outcome"] = "pass"
    by_id["SLS-GET-17"]["outcome"] = "fail"
    by_id["SLS-GET-01"]["outcome"] = "pass"

    changes = {change.behaviour: change.kind for change in compared(old, content)}

    assert changes == {
        "SLS-GET-17": Kind.BROKEN, "SLS-GET-16": Kind.MENDED, "SLS-GET-01": Kind.NEWLY_TESTED,
    }  # fmt: skip
    assert next(iter(changes)) == "SLS-GET-17"
    assert compared(content, content) == []


def test_matrix_has_a_column_for_each_server(content: dict[str, Any]) -> None:
    """Behaviours by servers."""
    table = matrix({"here": content, "there": content})

    row = next(each for each in table["rows"] if each["id"] == "SLS-GET-16")
    assert row["outcomes"] == {"here": "fail", "there": "fail"}
    assert table["verdicts"] == {"here": {"sls": "breaks"}, "there": {"sls": "breaks"}}


# The commands


@pytest.fixture
def written(broken: RunReport, tmp_path: Path) -> Path:
    """The report of that run as a file."""
    write_reports(broken, tmp_path / "old")
    return tmp_path / "old" / "report.json"


def test_report_command_makes_the_page(retryspec: Callable[..., Said], written: Path, tmp_path: Path) -> None:
    """`retryspec report` says the verdict, writes the page, and ends like the run did."""
    said = retryspec("report", str(written), "--html", str(tmp_path / "page.html"))

    assert said.code == 1
    assert said.out.endswith("breaks\n")
    assert "sls-F1" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_report_command_compares(retryspec: Callable[..., Said], written: Path, tmp_path: Path) -> None:
    """A new failure is exit code 1, and a run that is as before 0."""
    better = tmp_path / "better.json"
    content = json.loads(written.read_text(encoding="utf-8"))
    next(b for b in content["apis"][0]["behaviours"] if b["id"] == "SLS-GET-16")["outcome"] = "pass"
    better.write_text(json.dumps(content), encoding="utf-8")

    same = retryspec("report", "--against", str(written), str(written))
    worse = retryspec("report", "--against", str(better), str(written))
    mended = retryspec("report", "--against", str(written), str(better))

    assert (same.code, same.out) == (0, "nothing changed\n")
    assert (worse.code, worse.out.split()[:2]) == (1, ["broken", "SLS-GET-16"])
    assert (mended.code, mended.out.split()[:2]) == (0, ["mended", "SLS-GET-16"])


def test_matrix_on_the_terminal_stands_in_columns(
    retryspec: Callable[..., Said], written: Path, tmp_path: Path
) -> None:
    """Each outcome stands below the name of its server, and the verdicts at the end."""
    other = tmp_path / "other" / "report.json"
    other.parent.mkdir()
    other.write_bytes(written.read_bytes())

    said = retryspec("report", str(written), str(other))

    first, *_, last = lines = said.out.splitlines()
    assert said.code == 0
    assert first.split() == ["behaviour", "level", "old", "other"]
    assert last.split() == ["sls", "breaks", "breaks"]
    place = first.index("other")
    assert all(line[place - 2 : place] == "  " and line[place:].isalpha() for line in lines)


@pytest.mark.parametrize("twice", [True, False], ids=["twice the same", "a page of changes"])
def test_report_of_nothing_that_can_be_made_is_2(
    retryspec: Callable[..., Said], written: Path, tmp_path: Path, twice: bool
) -> None:
    """A report that is given twice is not two servers, and --against makes no page."""
    words = (str(written), str(written)) if twice else (str(written), "--against", str(written))

    said = retryspec("report", *words, "--html", str(tmp_path / "page.html"))

    assert (said.code, said.out) == (2, "")
    assert not (tmp_path / "page.html").exists()


def test_replay_of_a_mended_server_is_0(retryspec: Callable[..., Said], written: Path) -> None:
    """The reference server does as it should what the broken one did not."""
    said = retryspec("replay", str(written), "sls-F1", "--reference")

    assert said.code == 0
    assert "as it should be" in said.out


def test_replay_of_a_broken_server_is_1(retryspec: Callable[..., Said], written: Path) -> None:
    """While it is broken a replay shows what comes, and how to see it."""
    with reference_target(("sls",), variations=("sls-count-beyond-page",)) as target:
        said = retryspec("replay", str(written), "F1", "--target", str(target))

    assert said.code == 1
    assert "now       expected" in said.out
    assert "curl" in said.out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("F99", "--reference"), "there is no finding 'F99' in this report; there is sls-F1"),
        (("vcf-F1", "--reference"), "there is no finding 'vcf-F1'"),
        (("F1",), "Give one of --target FILE and --reference"),
    ],
)
def test_replay_that_cannot_be_is_2(
    retryspec: Callable[..., Said], written: Path, words: tuple[str, ...], says: str
) -> None:
    """A wrong call is one line."""
    said = retryspec("replay", str(written), *words)

    assert said.code == 2
    assert says in said.err


# GitHub Actions

COMMANDS = "a\n  ::add-mask::x ##[add-mask]y\r\n100% [link](http://x/) _a_ @b <b> \u202e"


@pytest.fixture
def commanding() -> RunReport:
    """A run whose findings hold what GitHub Actions would obey or lay out."""
    found = BehaviourResult(behaviour("X-MUST-01"), Outcome.FAIL, None, (), (finding(received=COMMANDS),) * 60)
    api = ApiReport("sls", "http://h", Verdict.BREAKS, 1, (found,), trouble=COMMANDS)
    return RunReport(datetime.now(UTC), 1.0, "quick", 1, (api,))


def test_annotations_are_escaped(broken: RunReport, commanding: RunReport) -> None:
    """A finding cannot start a workflow command of its own; there are as many as are shown."""
    lines = annotations(commanding)

    assert any(re.match(r"::error title=sls-F\d+ SLS-GET-16::", line) for line in annotations(broken))
    assert len(lines) == 10
    assert lines[0].startswith("::error title=sls::a%0A  ::add-mask::x ##[add-mask]y\\u000d%0A100%25 ")
    assert not any(re.search("[\n\r\u202e]", line) for line in lines)


def test_summary_shows_signs_as_they_are(commanding: RunReport) -> None:
    """Nothing that came from a server is laid out by Markdown, and the summary stays short."""
    text = markdown(commanding)

    shown = text.partition("received: ")[2].partition("\n")[0]
    assert re.fullmatch(r"(?:[A-Za-z0-9 ,;()'-]|&#\d+;)+", shown)
    assert html.unescape(shown) == "a ::add-mask::x ##[add-mask]y\\u000d 100% [link](http://x/) _a_ @b <b> \\u202e"
    assert "- sls: 10 more in the report" in text


def test_printed_text_is_no_command(
    retryspec: Callable[..., Said], monkeypatch: pytest.MonkeyPatch, sls_target: Callable[..., Path]
) -> None:
    """While the summary for a person is printed GitHub Actions obeys nothing, and afterwards it does again."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")

    lines = retryspec("check", "--target", str(sls_target("http://127.0.0.1:9"))).out.splitlines()

    token = re.fullmatch("::stop-commands::([0-9a-f]{32})", lines[0])
    assert token is not None
    assert re.match("::error title=sls::sls: ", lines[lines.index(f"::{token[1]}::") + 1])
    assert sum(line.startswith("::") for line in lines) == 3


def test_report_as_json_is_no_command() -> None:
    """The older kind of command may stand anywhere in a line, so it is not written as it is."""
    text = without_commands(json.dumps(COMMANDS))

    assert "##[" not in text
    assert json.loads(text) == COMMANDS


def test_summary_that_cannot_be_written_changes_no_verdict(
    retryspec: Callable[..., Said], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The exit code is that of the run, and a warning says what is missing."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "no" / "summary.md"))

    said = retryspec("check", "sls", "--reference", "--only", "SLS-GET-16", "--depth", "quick")

    assert said.code == 0
    assert said.out.endswith("::warning::the job summary cannot be written: No such file or directory\n")


def test_summary_is_markdown(broken: RunReport) -> None:
    """The job summary has a table of the APIs and the findings."""
    text = markdown(broken)

    assert text.startswith("## retryspec: breaks\n")
    assert re.search(r"^- \*\*sls-F\d+\*\* fail SLS-GET-16: ", text, flags=re.MULTILINE)


def test_github_is_told_where_it_asks(
    retryspec: Callable[..., Said], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Annotations are printed and the summary goes into its file; the format json stays nothing but the report."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    with reference_target(("sls",), variations=("sls-count-beyond-page",)) as target:
        words = ("check", "--target", str(target), "--only", "SLS-GET-16", "--depth", "quick")
        text = retryspec(*words)
        as_json = retryspec(*words, "--format", "json")

    assert "::error title=sls-F1" in text.out
    assert json.loads(as_json.out)["verdict"] == "breaks"
    assert "::error title=sls-F1" in as_json.err
    assert (tmp_path / "summary.md").read_text(encoding="utf-8").count("## retryspec") == 2
