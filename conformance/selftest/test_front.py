"""What a person sees of the reference server: its front page, its commands, its documents, its faults."""

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from html import escape, unescape

import httpx
import pytest
import yaml
from retryspec.documents import load_document, slugs
from retryspec.pages import contract
from retryspec.pages.contract import with_behaviours, written_document
from retryspec.reference.app import application
from retryspec.reference.clock import SetClock
from retryspec.reference.serve import running
from retryspec.reference.variations import Kind, variations
from selftest.conftest import Said

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    """A server as it starts when nothing is asked for."""
    with running(application()) as found:
        yield found


def html_commands(page: str) -> list[tuple[str, str]]:
    """The commands of the page for browsers, as its copy buttons copy them, with what they do."""
    found = re.findall(r"<h3[^>]*>(.*?)</h3>.*?<pre[^>]*><code[^>]*>(.*?)</code></pre>", page, re.DOTALL)
    return [(unescape(what), unescape(command)) for what, command in found]


def text_commands(page: str) -> list[tuple[str, str]]:
    """The commands of the page for curl, with what they do."""
    found = re.findall(r"^# (.*)\n((?:.+\n|\n(?!# |== ))+)", page, re.MULTILINE)
    return [(what, command.strip()) for what, command in found]


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("openssl")), reason="needs curl and openssl")
@pytest.mark.parametrize("slug", slugs())
def test_every_command_works_as_it_stands(slug: str) -> None:
    """All commands of the page, pasted in its order, end well and start tasks again."""
    with running(application([slug])) as base_url:

        def failed() -> int:
            return len(re.findall(r"(?m)^fail\S*  ", httpx.get(base_url).text, re.IGNORECASE))

        before = failed()
        found = html_commands(httpx.get(base_url, headers=HTML).text)
        shell = "\n".join(command for what, command in found if "curl" in what or "same shell" in what)
        python = [command for what, command in found if "curl" not in what and "same shell" not in what]
        # The vendors' clients use deprecated parts of libraries when they are imported.
        programs = [["bash", "-euc", shell], *([sys.executable, "-W", "ignore", "-c", text] for text in python)]
        for program in programs:
            done = subprocess.run(program, capture_output=True, text=True, timeout=60, check=False)
            assert done.returncode == 0, done.stderr
            assert done.stdout
        after = failed()

    assert len(found) >= 4
    assert after <= before - 2


def test_text_is_for_curl_and_html_for_browsers(base_url: str) -> None:
    """A browser gets HTML; who does not ask for that gets text with the same tasks and commands."""
    text, html = httpx.get(base_url), httpx.get(base_url, headers=HTML)

    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    assert html.headers["content-type"] == "text/html; charset=utf-8"
    assert text.headers["vary"] == html.headers["vary"] == "Accept"
    assert text_commands(text.text) == html_commands(html.text)
    ids = re.findall(r'<td class="id mono">(.*?)</td>', html.text)
    assert len(ids) > 20
    assert [id_ for id_ in ids if id_ not in text.text] == []


@pytest.mark.parametrize("slug", slugs())
def test_page_has_tasks_to_retry_after_days(slug: str) -> None:
    """A server that nobody has asked for days shows failed tasks of today, and others."""
    clock = SetClock(time.time() - 100 * 3600)
    with running(application([slug], clock=clock)) as base_url:
        clock.advance(100 * 3600)
        shown = re.findall(r"(?m)^(\w+)  +\S+  ", httpx.get(base_url).text)

    assert sum(state.lower().startswith("fail") for state in shown) >= 2
    assert len(set(shown)) >= 3


def test_page_runs_no_script_but_its_own(base_url: str) -> None:
    """The page's policy allows its own script and style alone, by a word that is new each time."""
    policies = [httpx.get(base_url, headers=HTML).headers["content-security-policy"] for _ in range(2)]

    assert policies[0] != policies[1]
    assert "default-src 'none'" in policies[0]
    assert "unsafe" not in policies[0]


def test_what_comes_from_elsewhere_is_escaped() -> None:
    """A Host and the text of a fault stand on the page as text."""
    (odd, *_) = [one for one in variations(kind=Kind.FAULTY) if escape(one.says) != one.says]
    with running(application([odd.slug], variations=[odd.name])) as base_url:
        page = httpx.get(base_url, headers={**HTML, "Host": "<script>alert(1)</script>"}).text

    assert "alert(1)" not in page
    assert odd.says not in page
    assert odd.says in unescape(page)


@pytest.mark.parametrize("slug", slugs())
def test_documents_are_served_as_they_were_written(base_url: str, slug: str) -> None:
    """The YAML is the file, comments included, and says the same as the JSON."""
    written, as_json = httpx.get(f"{base_url}/openapi/{slug}.yaml"), httpx.get(f"{base_url}/openapi/{slug}.json")

    assert written.headers["content-type"] == "application/yaml"
    assert written.content == written_document(slug)
    assert yaml.safe_load(written.content) == as_json.json() == load_document(slug).content


@pytest.mark.parametrize("slug", slugs())
def test_reference_page_needs_nothing_from_elsewhere(base_url: str, slug: str) -> None:
    """The page holds its document and asks this server for its script; neither names another address to load from."""
    page = httpx.get(f"{base_url}/docs/{slug}").text
    loaded = re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="([^"]+)"', page)
    script = httpx.get(f"{base_url}/docs/{loaded[-1]}")

    assert set(loaded) == {"data:,", "redoc.standalone.js"}
    assert script.headers["content-type"].startswith("text/javascript")
    assert "logo-mini.svg" not in script.text
    assert f"<title>{load_document(slug).title}: reference</title>" in page


def test_reference_page_says_what_is_missing(base_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package that carries Redoc the page says how to get it."""
    monkeypatch.setattr(contract, "_CARRIER", "retryspec_carrier_that_is_not_there")

    page = httpx.get(f"{base_url}/docs/sls")

    assert page.status_code == 200
    assert "pip install 'retryspec[serve]'" in unescape(page.text)
    assert httpx.get(f"{base_url}/docs/redoc.standalone.js").status_code == 404


@pytest.mark.parametrize("slug", slugs())
def test_reference_page_tells_every_behaviour(slug: str) -> None:
    """What stands in `x-behaviours` stands in the descriptions that the page shows."""
    document = load_document(slug)
    shown = json.dumps(with_behaviours(document.content))

    assert [id_ for id_ in document.behaviours if f"**{id_}**" not in shown] == []
    assert "x-behaviours" not in with_behaviours(document.content)
    assert "x-behaviours" in document.content


def test_only_the_apis_asked_for_are_served(retryspec: Callable[..., Said]) -> None:
    """The front page and the documents are those of the APIs that were named."""
    with running(application(["vcf"])) as base_url:
        assert "SDDC Manager" in httpx.get(base_url).text
        assert "LogShipper" not in httpx.get(base_url).text
        assert httpx.get(f"{base_url}/docs/sls").status_code == 404

    assert retryspec("serve", "nothing").code == 2


def test_faults_are_listed(retryspec: Callable[..., Said]) -> None:
    """Every name that --fault takes is listed with what it does, those of one API alone where it is named."""
    every, some = retryspec("serve", "--list-faults"), retryspec("serve", "--list-faults", "vcf")

    assert re.findall(r"(?m)^\S+", every.out) == [one.name for one in variations()]
    assert re.findall(r"(?m)^\S+", some.out) == [one.name for one in variations("vcf")]
    assert "(breaks VCF-AUTH-01)" in some.out
    assert retryspec("serve", "--list-faults", "nothing").code == 2
