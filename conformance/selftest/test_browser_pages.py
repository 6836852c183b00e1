"""The pages that are served, and those of the site, in a real browser: whole, quiet, and free of barriers."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from retryspec.authentication.vcf import TokenAuth
from retryspec.documents import load_document, slugs
from retryspec.pages.site import write_site
from retryspec.reference.app import application
from retryspec.reference.serve import running
from selftest.browser import Browser, browser, needs_browser

pytestmark = needs_browser

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def window() -> Iterator[Browser]:
    """A browser for the tests of this module."""
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    """A server as it starts by itself."""
    with running(application()) as found:
        yield found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of the static site, in files."""
    folder: Path = tmp_path_factory.mktemp("site")
    write_site(ROOT, folder)
    return folder.as_uri()


def until(what: Callable[[], object], *, seconds: float = 30) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


def assert_whole(window: Browser) -> None:
    """Assert that a page of our own has nothing to complain of and no barriers, and fits into its window."""
    assert window.complaints() == []
    assert window.is_as_wide_as_its_window()
    assert window.barriers() == []


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_front_page_is_whole(window: Browser, base_url: str, width: int, dark: bool) -> None:
    """The front page is quiet, fits, and has no barriers."""
    window.open(base_url, width=width, dark=dark)

    assert_whole(window)


def test_command_is_copied(window: Browser, base_url: str) -> None:
    """A button puts its command into the clipboard, as it stands, and says so."""
    window.open(base_url)
    window.run(
        "window.copied = []; navigator.clipboard.writeText = async (text) => { window.copied.push(text); };"
        "document.querySelector('button.copy').click()"
    )

    until(lambda: window.run("return document.querySelector('button.copy').textContent") == "Copied")
    assert window.run("return window.copied[0] === document.querySelector('.command pre').textContent")


def test_states_change_on_the_open_page(window: Browser) -> None:
    """A task that is retried meanwhile is shown as running without a click, and no command retries it any longer."""
    with running(application(["vcf"])) as base_url:
        window.open(base_url)
        task = window.run(
            "return [...document.querySelectorAll('tr')].find(e => /^Failed|FAILED/.test(e.innerText))"
            ".querySelector('.id').textContent"
        )
        commands = "return [...document.querySelectorAll('.command pre')].map(each => each.textContent).join()"
        assert task in window.run(commands)
        httpx.patch(f"{base_url}/v1/tasks/{task}", auth=TokenAuth("admin@local", "retryspec-pass")).raise_for_status()

        until(lambda: "IN_PROGRESS" in row(window, task))
        assert task not in window.run(commands)
        assert window.complaints() == []


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("slug", slugs())
def test_reference_page_is_rendered(window: Browser, base_url: str, slug: str, width: int) -> None:
    """A reference page shows the document with its behaviours, loads nothing from elsewhere, and is quiet."""
    window.open(f"{base_url}/docs/{slug}", width=width)
    document = load_document(slug)
    first = next(iter(document.behaviours))

    until(lambda: first in window.run("return document.body.innerText"))
    assert document.title in window.run("return document.querySelector('h1').innerText")
    loaded = window.run("return performance.getEntriesByType('resource').map(e => e.name)")
    assert [one for one in loaded if not one.startswith((base_url, "blob:", "data:"))] == []
    # Redoc merges no list of types with a single type, and says so; it shows the one that is meant.
    assert [one for one in window.complaints() if "Incompatible types in allOf" not in one] == []
    # It also leaves out levels of headings.
    assert [one for one in window.barriers() if not one.startswith("heading-order")] == []


# Of the pages that are made alike for each API, those of one.
SITE = ("index", "checking", "provider-states", "ci", "command-line", "behaviours/vcf", "decisions/vcf")


@pytest.mark.parametrize("page", SITE)
def test_pages_of_the_site_are_whole(window: Browser, site: str, page: str) -> None:
    """Each page of the site is quiet, fits, and has no barriers, wide and narrow, light and dark."""
    for width, dark in ((1280, False), (390, True)):
        window.open(f"{site}/{page}.html", width=width, dark=dark)

        assert_whole(window)


def test_reference_of_the_site_needs_no_server(window: Browser, site: str) -> None:
    """A reference page is rendered from its file."""
    window.open(f"{site}/reference/vcf.html")

    until(lambda: "VCF-RETRY-01" in window.run("return document.body.innerText"))
    assert window.complaints() == []


def test_catalogue_is_filtered(window: Browser, site: str) -> None:
    """Words and a level narrow the catalogue, and it says to how many."""
    window.open(f"{site}/behaviours/vcf.html")
    window.run(
        "const level = document.getElementById('level'); level.value = 'SHOULD';level.dispatchEvent(new Event('input'))"
    )
    levels = window.run(
        "return [...document.querySelectorAll('.behaviour')].filter(e => e.offsetParent).map(e => e.dataset.level)"
    )

    assert set(levels) == {"SHOULD"}
    assert window.run("return document.getElementById('shown').textContent").startswith(f"{len(levels)} of ")


def row(window: Browser, id_: str) -> str:
    """What a row of the table of tasks says."""
    found: str = window.run(
        "return [...document.querySelectorAll('tr')].find(e => e.innerText.includes(arguments[0])).innerText", id_
    )
    return found
