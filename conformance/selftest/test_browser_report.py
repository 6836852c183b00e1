"""`report.html` in a real browser: it can be filtered, copied from, linked into, and used without eyes or a mouse."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from retryspec.reference.target import reference_target
from retryspec.report import write_reports
from retryspec.report.page import matrix_page
from retryspec.runner import Plan, run
from selftest.browser import Browser, browser, needs_browser

pytestmark = needs_browser

FAULTS = ("sls-count-beyond-page", "vcf-list-is-array", "opsmanager-pages-overlap")


@pytest.fixture(scope="module")
def window() -> Iterator[Browser]:
    """A browser for the tests of this module."""
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module", params=["findings", "clean"])
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The page of a run with findings, and of one without."""
    folder: Path = tmp_path_factory.mktemp(request.param)
    with reference_target(variations=FAULTS if request.param == "findings" else ()) as target:
        only = ("SLS-GET-1*", "VCF-LIST-*", "OM-LIST-*", "OM-COMMON-29")
        write_reports(run(Plan(target=target, depth="quick", only=only, settle=0.4)), folder)
    return request.param, (folder / "report.html").as_uri()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_page_is_whole_and_free_of_barriers(window: Browser, page: tuple[str, str], width: int, dark: bool) -> None:
    """Nothing is complained of, nothing sticks out, and axe-core finds no barrier, wide or narrow, light or dark."""
    window.open(page[1], width=width, dark=dark)

    assert window.complaints() == []
    assert window.is_as_wide_as_its_window()
    assert window.texts_that_stick_out(".card, .behaviour, .found li, .head h3, pre") == []
    assert window.barriers() == []


def shown(window: Browser) -> list[str]:
    """The outcomes of the behaviours that are shown."""
    found: list[str] = window.run(
        "return [...document.querySelectorAll('.behaviour')].filter(e => e.offsetParent).map(e => e.dataset.outcome)"
    )
    return found


def test_filters_choose_what_is_shown(window: Browser, page: tuple[str, str]) -> None:
    """Outcome, level, API and text narrow the list, and one button shows all again."""
    window.open(page[1])
    everything = shown(window)

    window.run("for (const box of document.querySelectorAll('[name=outcome]:not([value=pass])')) box.click()")
    assert set(shown(window)) == {"pass"}
    window.run("document.querySelector('[type=reset]').click()")
    assert window.run("return document.getElementById('shown').textContent").startswith(f"{len(everything)} of")
    assert shown(window) == everything
    window.run(
        "const text = document.querySelector('[name=text]'); text.value = 'sls-get-13';"
        "text.dispatchEvent(new Event('input', {bubbles: true}))"
    )
    assert len(shown(window)) == 1
    assert window.run("return document.getElementById('shown').textContent") == f"1 of {len(everything)} behaviours"


def test_finding_can_be_linked_and_copied(window: Browser, page: tuple[str, str]) -> None:
    """The address of a finding leads to it, and its lines can be copied by the keyboard."""
    kind, url = page
    window.open(url)
    name = window.run("const first = document.querySelector('.finding[id^=sls]'); return first ? first.id : null")
    if kind == "clean":
        assert name is None
        return
    window.open(f"{url}#{name}")

    assert window.run("return document.activeElement.id") == name
    assert (
        window.run(
            "const box = document.getElementById(arguments[0]).getBoundingClientRect();"
            "return document.elementFromPoint(box.left + 20, box.top + 20).closest('.finding')?.id",
            name,
        )
        == name
    ), "nothing lies over the beginning of the finding"
    window.press(f"#{name} button[data-copies^=curl]")
    assert window.until("return document.getElementById('said').textContent") == "Copied."
    assert window.pasted("[name=text]") == window.run(
        "return document.querySelector(arguments[0] + ' pre[id^=curl]').textContent", f"#{name}"
    )
    window.run("document.querySelector('[type=reset]').click()")
    window.press(f"#{name} summary")
    assert window.run("return document.querySelector(arguments[0] + ' details').open", f"#{name}") is True
    assert window.complaints() == []


def test_finding_that_is_folded_can_be_linked(window: Browser, page: tuple[str, str]) -> None:
    """Of many findings of a behaviour the later ones are folded, and the address of one unfolds it."""
    kind, url = page
    if kind == "clean":
        return
    window.open(url)
    name = window.run("const one = document.querySelector('details .finding'); return one ? one.id : null")
    assert name is not None, "there are many findings of one behaviour"

    window.open(f"{url}#{name}")

    assert window.run("return document.activeElement.id") == name
    assert window.run("return document.getElementById(arguments[0]).checkVisibility()", name)


def test_nothing_is_folded_on_paper(window: Browser, page: tuple[str, str]) -> None:
    """What is folded on the screen is unfolded while the page is printed, and folded again after it."""
    window.open(page[1])
    folded = "return document.querySelectorAll('details:not([open])').length"
    before = window.run(folded)
    window.run(f"window.addEventListener('beforeprint', () => {{ window.folded = (() => {{ {folded} }})(); }})")

    window.driver.execute_cdp_cmd("Page.printToPDF", {})

    assert before > 0
    assert window.run("return window.folded") == 0
    assert window.run(folded) == before


def test_keyboard_reaches_everything_and_shows_where_it_is(window: Browser, page: tuple[str, str]) -> None:
    """No control is left out of the order of Tab, and what has the focus has an outline."""
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    window.open(page[1])
    controls = "[...document.querySelectorAll('a, button, input, select, summary, pre, .scroll')]"
    assert window.run(f"return {controls}.filter(each => each.tabIndex < 0).length") == 0
    for _ in range(8):
        ActionChains(window.driver).send_keys(Keys.TAB).perform()
        assert window.run("return getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_findings_are_listed_first(window: Browser, page: tuple[str, str]) -> None:
    """What was found leads to its findings; a clean run has no such list."""
    kind, url = page
    window.open(url)

    links = window.run("return [...document.querySelectorAll('.found a')].map(each => each.getAttribute('href'))")
    assert bool(links) == (kind == "findings")
    assert all(window.run("return !!document.querySelector(arguments[0])", link) for link in links)


@pytest.mark.parametrize("width", [1280, 390])
def test_matrix_is_free_of_barriers(window: Browser, tmp_path: Path, width: int) -> None:
    """Servers beside each other are as readable as one."""
    outcomes = ("pass", "fail", "warn", "unstable", "untested", "skipped", "error")
    rows = [
        {
            "api": "sls",
            "id": f"SLS-GET-{number:02}",
            "level": "MUST",
            "says": "It is `so`.",
            "outcomes": {"one": outcome, "other": "pass"},
        }
        for number, outcome in enumerate(outcomes)
    ]
    verdicts = {"one": {"sls": "breaks"}, "other": {"sls": "conforms"}, "third": {}}
    file = tmp_path / "matrix.html"
    file.write_text(matrix_page({"servers": list(verdicts), "verdicts": verdicts, "rows": rows}), encoding="utf-8")

    window.open(file.as_uri(), width=width)

    assert window.complaints() == []
    assert window.is_as_wide_as_its_window()
    assert window.barriers() == []
    count = "return document.getElementById('shown').textContent"
    assert window.run(count) == "7 of 7 behaviours"
    window.run("document.querySelector('[name=differ]').click()")
    assert window.run(count) == "6 of 7 behaviours"
    assert window.run("return [...document.querySelectorAll('tbody tr')].filter(e => e.offsetParent).length") == 6 + 3
