"""A real browser for the tests of pages: Debian's Chromium without a window, driven by selenium.

Where there is none, the tests that need it are left out, and pytest says so in its header and in its summary.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

__all__ = ["AXE", "PROBLEM", "Browser", "browser", "needs_browser"]

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
"""The accessibility checker, installed by `npm ci`."""

_FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"),
    "--hide-scrollbars",
)


def _missing() -> str | None:
    if shutil.which("chromium") is None or shutil.which("chromedriver") is None:
        return "no browser: install Debian's packages chromium and chromium-driver"
    if not AXE.is_file():
        return "no accessibility checker: run `npm ci`"
    return None


PROBLEM = _missing()
"""Why the browser tests are left out, if they are."""

needs_browser = pytest.mark.skipif(PROBLEM is not None, reason=str(PROBLEM))


class Browser:
    """A browser window."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver
        self.width = 0

    def open(self, url: str, *, width: int = 1280, dark: bool = False) -> None:
        """Open a page in a window of a width in CSS pixels."""
        self.width = width
        screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
        self.driver.get("about:blank")  # so that the same page with another fragment is loaded anew
        self.driver.get(url)
        self.until("return location.href !== 'about:blank' && document.readyState === 'complete'")

    def run(self, script: str, *arguments: object) -> Any:
        """Run a script in the page and give what it returns."""
        return self.driver.execute_script(script, *arguments)

    def press(self, selector: str) -> None:
        """Put the focus on an element and press Enter, as somebody without a mouse does."""
        from selenium.webdriver.common.by import By
        from selenium.webdriver.common.keys import Keys

        self.driver.find_element(By.CSS_SELECTOR, selector).send_keys(Keys.ENTER)

    def pasted(self, selector: str) -> str:
        """Paste into an empty field, and give what is in it then."""
        from selenium.webdriver.common.by import By
        from selenium.webdriver.common.keys import Keys

        field = self.driver.find_element(By.CSS_SELECTOR, selector)
        field.send_keys(Keys.CONTROL, "v")
        return str(field.get_property("value"))

    def until(self, script: str, *, seconds: float = 5.0) -> Any:
        """Run a script in the page until it returns something, and give that."""
        from selenium.webdriver.support.wait import WebDriverWait

        return WebDriverWait(self.driver, seconds, poll_frequency=0.02).until(lambda _: self.run(script))

    def complaints(self) -> list[str]:
        """What the page complained of on the console since it was opened."""
        entries: list[dict[str, Any]] = self.driver.get_log("browser")  # type: ignore[no-untyped-call]  # selenium's own
        return [str(entry["message"]) for entry in entries]

    def barriers(self) -> list[str]:
        """What stands in the way of people who cannot see or point, as axe-core finds it."""
        # Through the driver, which a page's own security policy does not concern.
        self.driver.execute_script(AXE.read_text(encoding="utf-8"))
        found = self.driver.execute_async_script(
            "const done = arguments[0];"
            "axe.run().then(found => done(found.violations), error => done([{id: String(error), nodes: []}]));"
        )
        return [f"{each['id']}: {[node['target'] for node in each['nodes']][:3]}" for each in found]

    def is_as_wide_as_its_window(self) -> bool:
        """Whether nothing sticks out to the side."""
        # A phone's window grows with what sticks out, so that its own idea of its width says nothing.
        return bool(self.run("return document.documentElement.scrollWidth <= arguments[0]", self.width))

    def texts_that_stick_out(self, selector: str) -> list[str]:
        """The texts of elements whose content does not fit into them, and lies over what is beside them or is cut."""
        found: list[str] = self.run(
            "return [...document.querySelectorAll(arguments[0])]"
            ".filter(each => each.offsetParent && each.scrollWidth > each.clientWidth + 1)"
            ".map(each => each.textContent.slice(0, 80))",
            selector,
        )
        return found


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser with a profile of its own."""
    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    with tempfile.TemporaryDirectory(prefix="retryspec-") as profile:
        for flag in (*_FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
        try:
            driver.set_page_load_timeout(30)
            driver.set_script_timeout(30)
            yield Browser(driver)
        finally:
            driver.quit()
