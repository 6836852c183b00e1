"""The static site: everything is there, every link leads somewhere, and the examples are servers that work."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from posixpath import join, normpath

import pytest
from retryspec.documents import load_document, slugs
from retryspec.pages.markdown import anchor_of, as_html
from retryspec.pages.site import pages, write_site
from retryspec.reference.variations import Kind, variations
from selftest.conftest import Said

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "conformance" / "examples"
DOCS = ROOT / "conformance" / "docs"


@pytest.fixture(scope="module")
def site() -> dict[str, str]:
    """The pages of the site by their paths."""
    return {name: content.decode() for name, content in pages(ROOT).items() if name.endswith(".html")}


class Page(HTMLParser):
    """The links and the anchors of a page, and what it loads."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.anchors: list[str] = []
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take down what a tag has."""
        values = {name: value or "" for name, value in attrs}
        if "id" in values:
            self.anchors.append(values["id"])
        if tag == "a":
            self.links.append(values["href"])
        elif "src" in values or "href" in values:
            self.loaded.append(values.get("src") or values["href"])


def test_every_link_leads_somewhere(site: dict[str, str]) -> None:
    """A link inside the site leads to a page, and to a place on it, that is there."""
    files = set(pages(ROOT))
    anchors = {name: Page(content).anchors for name, content in site.items()}
    broken = []
    for name, content in site.items():
        for link in Page(content).links:
            if re.match(r"https?:", link):
                continue
            path, _, anchor = link.partition("#")
            target = normpath(join(name, "..", path)) if path else name
            if target not in files or (anchor and anchor not in anchors[target]):
                broken.append(f"{name}: {link}")

    assert broken == []


def test_nothing_is_loaded_from_elsewhere(site: dict[str, str]) -> None:
    """The site works without network: what its pages load is beside them."""
    loaded = {one for content in site.values() for one in Page(content).loaded}

    assert loaded == {"data:,", "redoc.standalone.js"}


@pytest.mark.parametrize("slug", slugs())
def test_parts_of_a_decision_are_told_apart(slug: str, site: dict[str, str]) -> None:
    """Source, choice, reason and check of a decision are paragraphs of their own, each as often as in the file."""
    text = (ROOT / "openapi" / f"{slug}.md").read_text(encoding="utf-8")

    for part in ("Source", "Choice", "Why", "Check"):
        written = len(re.findall(f"^{part}:", text, re.MULTILINE))
        assert site[f"decisions/{slug}.html"].count(f"<p><strong>{part}</strong>:") == written > 10


@pytest.mark.parametrize("slug", slugs())
def test_catalogue_is_complete(slug: str, site: dict[str, str]) -> None:
    """Every behaviour has its place, and every faulty server stands at what it breaks."""
    page = site[f"behaviours/{slug}.html"]
    anchors = Page(page).anchors

    assert [id_ for id_ in load_document(slug).behaviours if anchors.count(id_) != 1] == []
    assert [one.name for one in variations(slug, Kind.FAULTY) if f">{one.name}</span>" not in page] == []
    assert "suite/" in page


@pytest.mark.parametrize("slug", slugs())
def test_decisions_have_their_places(slug: str, site: dict[str, str]) -> None:
    """Every decision that a behaviour cites can be linked to."""
    anchors = Page(site[f"decisions/{slug}.html"]).anchors
    cited = {name for behaviour in load_document(slug).behaviours.values() for name in behaviour.decision}

    assert [name for name in cited if anchors.count(name) != 1] == []


def test_command_line_is_complete(site: dict[str, str], retryspec: Callable[..., Said]) -> None:
    """Every command that the help lists has its section, with all its options."""
    page = site["command-line.html"]
    commands = re.findall(r"(?m)^  ([a-z]+)  ", retryspec("--help").out.partition("Commands:")[2])

    assert len(commands) >= 4
    for command in commands:
        section = page.partition(f'id="{command}"')[2].partition("</section>")[0]
        options = re.findall(r"(?m)^  (?:-\w, )?(--[a-z-]+)", retryspec(command, "--help").out)
        assert [one for one in options if one != "--help" and one not in section] == [], command


def test_site_is_written(tmp_path: Path) -> None:
    """The files are where their links expect them."""
    written = write_site(ROOT, tmp_path / "site")

    assert sorted(written) == sorted(path for path in (tmp_path / "site").rglob("*") if path.is_file())


# Markdown


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("A-01: The range", "A-01"),
        ("A1: A retry", "A1"),
        ("R-17: The path", "R-17"),
        ("What you get, and why", "what-you-get-and-why"),
    ],
)
def test_headings_can_be_linked_to(heading: str, anchor: str) -> None:
    """A decision is linked to by its id, anything else by its words."""
    assert anchor_of(heading) == anchor
    assert f'<h2 id="{anchor}">' in as_html(f"## {heading}\n")


def test_markup_in_markdown_is_text() -> None:
    """Raw HTML is shown, and a link to a script is none."""
    shown = as_html("<script>x</script>\n\n[a](javascript:alert(1)) <b>\n")

    assert "<script" not in shown
    assert "<b>" not in shown
    assert "href" not in shown
