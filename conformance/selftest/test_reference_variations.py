"""Servers that differ from the reference in one respect: how they are found, named, combined, and that they differ."""

import importlib
import json
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache, partial
from importlib.resources import files
from typing import Any

import httpx
import pytest
from retryspec.authentication.sls import SlsAuth
from retryspec.errors import UsageError
from retryspec.reference.apis import Setting, api_slugs, server_of
from retryspec.reference.app import application
from retryspec.reference.database import Database
from retryspec.reference.serve import running
from retryspec.reference.sls import Server
from retryspec.reference.variations import Kind, Variation, composed, faulty, lenient, variation, variations

ALL = variations()


@cache
def known_behaviours(slug: str) -> set[str]:
    """Return the ids of the behaviours that a document lists."""
    document = json.loads(files(f"retryspec_models.{slug}").joinpath("openapi.json").read_text(encoding="utf-8"))
    entries = list(document["x-behaviours"])
    for path in document["paths"].values():
        for operation in path.values():
            entries += operation.get("x-behaviours", []) if isinstance(operation, dict) else []
    return {entry["id"] for entry in entries}


@pytest.mark.parametrize("found", ALL, ids=lambda found: found.name)
def test_variation_says_what_it_is(found: Variation) -> None:
    """A variation has a name in kebab-case, a sentence, the place its kind asks for, and ids that exist."""
    assert re.fullmatch(rf"{found.slug}-[a-z0-9]+(-[a-z0-9]+)*", found.name)
    assert found.says.endswith(".")
    assert found.make.__module__.startswith(f"retryspec.reference.{found.kind}.{found.slug}")
    assert server_of(found.slug) in found.make.__mro__
    assert set(found.behaviours) <= known_behaviours(found.slug)
    assert bool(found.behaviours) == (found.kind is Kind.FAULTY)
    assert (found.decision is not None) == (found.kind is Kind.LENIENT)
    if found.decision is not None:
        assert found.decision.split()[0] == found.slug


@pytest.mark.parametrize("found", ALL, ids=lambda found: found.name)
def test_variation_can_be_made(found: Variation, database: Database) -> None:
    """Every variation is a server with routes and states."""
    server = found.make(Setting(database, sample=False))

    assert server.routes()
    assert server.states()


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    """One database for servers that are only made."""
    database = Database()
    yield database
    database.close()


def test_variation_is_named_on_the_front_page() -> None:
    """A server that differs says so to a person."""
    with running(application(["sls"], variations=["sls-oldest-first"])) as base_url:
        assert "sls-oldest-first" in httpx.get(base_url).text


def test_every_kind_is_there() -> None:
    """There are variations of both kinds, and they can be told apart by API and kind."""
    for kind in Kind:
        assert len(variations("sls", kind)) >= 5
    assert variations("nothing") == []
    twice = {name: number for name, number in Counter(found.name for found in ALL).items() if number > 1}
    assert twice == {}


def test_unknown_name_is_refused() -> None:
    """A name that no variation has is refused with a few that come near, if there are any, and never with all."""
    with pytest.raises(UsageError, match=r"^sls-statistics-of: .* there is .*sls-statistics-of-page"):
        variation("sls-statistics-of")
    with pytest.raises(UsageError, match=r"^sls-oldest-fist: .* there is .*sls-oldest-first") as raised:
        application(["sls"], variations=["sls-oldest-fist"])
    assert len(str(raised.value)) < 300
    with pytest.raises(UsageError, match=r"^xyz: no faulty or lenient server .*; see `retryspec serve --list-faults`$"):
        application(["sls"], variations=["xyz"])


def test_name_that_is_taken_twice_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two servers of one name keep none of the others from being used, but neither can be had."""
    monkeypatch.setattr(importlib.import_module("retryspec.reference.variations"), "_found", {})
    for kind in (faulty("SLS-RETRY-07", says="Again."), lenient("sls A-37", says="Again.")):
        kind(type("TwiceTaken", (Server,), {}))
    lenient("sls A-37", says="Once.")(type("Once", (Server,), {}))

    with pytest.raises(UsageError, match=r"sls-twice-taken: two servers of this name, in .* and "):
        variation("sls-twice-taken")
    assert variation("sls-once").decision == "sls A-37"
    with pytest.raises(ValueError, match="at least one behaviour"):
        faulty(says="Nothing.")


def test_reference_does_not_load_variations() -> None:
    """Without a variation the server is the reference itself."""
    assert composed("sls", []) is Server
    assert api_slugs() == sorted(api_slugs())
    assert "sls" in api_slugs()


# That they differ


class Client:
    """Calls to one shipper with failed tasks."""

    def __init__(self, base_url: str, tasks: list[dict[str, Any]]) -> None:
        body = {"action": "setup", "state": "a shipper with tasks", "params": {"tasks": tasks}}
        made = httpx.post(f"{base_url}/_states", json=body, timeout=30).json()
        self.http = httpx.Client(timeout=30)
        self.base_url, self.ids, self.neighbours, self.made = base_url, made["ids"], made["neighbours"], made
        self.logstore = made["logstore"]

    def call(self, method: str, **options: Any) -> httpx.Response:
        """Return an answer."""
        return self.http.request(
            method,
            f"{self.base_url}/logstores/{self.logstore}/shipper/{self.made['shipper']}/tasks",
            headers={"Host": f"{self.made['project']}.sls.test"},
            auth=options.pop("auth", SlsAuth("retryspec-id", "retryspec-secret")),
            **options,
        )

    def page(self, **params: object) -> dict[str, Any]:
        """Return a page of the last day."""
        now = int(time.time())
        found: dict[str, Any] = self.call("GET", params={"from": now - 80_000, "to": now + 60} | params).json()
        return found

    def running(self) -> int:
        """Return how many tasks run."""
        return int(self.page()["statistics"]["running"])


@contextmanager
def shop(*names: str, number: int = 3) -> Iterator[Client]:
    """A shipper with failed tasks on a server with variations."""
    now = int(time.time())
    with running(application(["sls"], provider_states=True, variations=names)) as base_url:
        client = Client(base_url, [{"status": "fail", "createTime": now - 60 - n} for n in range(number)])
        with client.http:
            yield client


def test_logic_is_overridden() -> None:
    """One replaced method makes the numbers wrong."""
    with shop("sls-count-beyond-page") as client:
        assert client.page(size=2)["count"] == 3
        assert client.page(size=3)["count"] == 3
    with shop("sls-statistics-of-page") as client:
        assert client.page(size=1)["statistics"]["fail"] == 1
    with shop("sls-oldest-first") as client:
        assert [task["id"] for task in client.page()["tasks"]] == client.ids[::-1]
    with shop("sls-window-closed") as client:
        at = client.page()["tasks"][0]["taskCreateTime"]
        assert client.page(**{"from": at - 1, "to": at})["total"] > 0


def test_what_stubs_refuse_is_let_through() -> None:
    """A size that the document does not allow reaches a server that overrides `invalid`."""
    with shop("sls-size-unbounded", number=503) as client:
        assert client.page(size=502)["count"] == 502
    with shop("sls-size-clamped", number=503) as client:
        assert client.page(size=502)["count"] == 500
        now = int(time.time())
        assert client.call("GET", params={"from": now, "to": now, "size": 502}).status_code == 400


def test_wire_is_overridden() -> None:
    """Headers, status and body are changed after the answer was made."""
    with shop("sls-request-id-missing-on-errors") as client:
        assert "x-log-requestid" not in client.call("PUT", content=b"").headers
        assert "x-log-requestid" in client.call("PUT", json=[]).headers
    with shop("sls-retry-accepted") as client:
        assert client.call("PUT", json=client.ids).status_code == 202
    with shop("sls-times-as-text") as client:
        assert isinstance(client.page()["tasks"][0]["taskCreateTime"], str)
    with shop("sls-further-members") as client:
        page = client.page()
        assert page["region"] == "cn-test"
        assert client.call("PUT", json=[]).content == b""


def test_store_is_overridden() -> None:
    """A replaced store retries and finds wrongly."""
    with shop("sls-retry-of-first-only") as client:
        client.call("PUT", json=client.ids)
        assert client.running() == 1
    with shop("sls-shipper-names-project-wide") as client:
        client.logstore = client.neighbours[1]["logstore"]
        assert {task["id"] for task in client.page()["tasks"]} >= set(client.ids)


def test_authentication_is_overridden() -> None:
    """A wrong signature is let in."""
    wrong = SlsAuth("retryspec-id", "wrong")
    with shop("sls-signature-ignored") as client:
        assert client.call("PUT", json=[], auth=wrong).status_code == 200
    with shop("sls-signature-without-query") as client:
        assert client.call("PUT", json=[], auth=wrong).status_code == 401


def retry_together(client: Client, together: threading.Barrier, id_: str) -> None:
    """Retry one task when all others are about to do the same."""
    together.wait(10)
    client.call("PUT", json=[id_])


def test_simultaneous_retry_is_lost() -> None:
    """Of retries that meet, some are lost; the reference loses none."""
    ids = 8
    started = []
    for names in ([], ["sls-simultaneous-retry-lost"]):
        together = threading.Barrier(ids)
        with shop(*names, number=ids) as client, ThreadPoolExecutor(ids) as pool:
            list(pool.map(partial(retry_together, client, together), client.ids))
            started.append(client.running())

    assert started[0] == ids
    assert started[1] < ids


def test_variations_add_up() -> None:
    """Several variations of one API are one server with all their differences."""
    with shop("sls-count-beyond-page", "sls-oldest-first", "sls-retry-accepted") as client:
        page = client.page(size=2)
        assert (page["count"], [task["id"] for task in page["tasks"]]) == (3, client.ids[:0:-1])
        assert client.call("PUT", json=[]).status_code == 202


def test_modules_of_variations_are_named_after_their_api() -> None:
    """Every module of variations begins with a slug, so that one search finds all of an API."""
    for kind in Kind:
        package = importlib.import_module(f"retryspec.reference.{kind}")
        modules = [path.name for path in files(package).iterdir() if path.name.endswith(".py")]
        for module in modules:
            assert module == "__init__.py" or any(module.startswith(slug) for slug in api_slugs())
