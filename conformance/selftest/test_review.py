"""The page for a review: what changed since a revision, with its lints, behaviours and decisions."""

import shutil
import subprocess
from pathlib import Path

import pytest
from retryspec.diff.review import main, review
from retryspec.documents import slugs

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with the documents committed and tagged, in which the test runs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    shutil.copytree(ROOT / "openapi", tmp_path / "openapi")
    who = ("-c", "user.name=n", "-c", "user.email=e@example.org")
    for words in (("init", "-q"), ("add", "openapi"), (*who, "commit", "-q", "-m", "First"), ("tag", "v1")):
        subprocess.run(["git", *words], check=True)
    return tmp_path


def test_clean_tree_has_a_clean_page(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where nothing changed since the tag, the page says so for each API and the command ends in 0."""
    assert main([]) == 0

    page = capsys.readouterr().out
    assert "against `v1`" in page
    assert page.count("no difference") == len(slugs())
    assert page.count("The lints have no objection.") == len(slugs())
    assert page.count("None was added, changed or taken out.") == len(slugs())


def test_page_tells_what_a_reviewer_asks(checkout: Path) -> None:
    """A bound, a new behaviour that nothing checks and a decision that changed are on the page."""
    document, decisions = checkout / "openapi" / "sls.yaml", checkout / "openapi" / "sls.md"
    text = document.read_text(encoding="utf-8")
    new = "  - {id: SLS-COMMON-99, level: MUST, says: Every answer is polite., source: 'seed 000, introduction'}\n"
    document.write_text(
        text.replace("x-behaviours:\n", f"x-behaviours:\n{new}", 1).replace("maximum: 500", "maximum: 400")
    )
    words = decisions.read_text(encoding="utf-8")
    decisions.write_text(words.replace("### A-17", "### A-98: Something new\n\nIt is so.\n\n### A-17", 1))

    page, is_clean = review(Path("openapi"))

    assert not is_clean
    assert "its maximum was 500 and is 400" in page
    assert "| SLS-COMMON-99 | new | MUST | Every answer is polite. | **none** | **none** |" in page
    assert "- sls A-98 (new): Something new" in page


def test_finding_of_a_lint_is_on_the_page(checkout: Path) -> None:
    """A lint that objects makes the page unclean."""
    document = checkout / "openapi" / "vcf.yaml"
    document.write_text(
        document.read_text(encoding="utf-8").replace("operationId: getTask\n", "operationId: get_task\n")
    )

    page, is_clean = review(Path("openapi"), "HEAD")

    assert not is_clean
    assert "is not camelCase" in page


def test_unknown_revision_is_a_wrong_call(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A revision that is not there ends in 2 and one line."""
    assert main(["v9"]) == 2
    assert capsys.readouterr().err == "review: v9 is no revision of this repository.\n"
