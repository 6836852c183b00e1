"""The VCF store, its sample and its variations, the front page, and the clients of this project."""

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from html import unescape
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import pytest
from retryspec.authentication.vcf import TokenAuth
from retryspec.reference.app import application
from retryspec.reference.clock import SetClock
from retryspec.reference.database import Database
from retryspec.reference.serve import running
from retryspec.reference.vcf import faults
from retryspec.reference.vcf.faults import Fault
from retryspec.reference.vcf.sample import Wish, keep_sample, made
from retryspec.reference.vcf.store import State, Store
from retryspec_models.vcf.models import RefreshTokenId, TokenCreationSpec
from retryspec_models.vcf.stubs import Client, CreateTokenError, GetTaskError, RetryTaskError

USERNAME, PASSWORD = "admin@local", "retryspec-pass"


@pytest.fixture(params=["temporary", "named"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store in a database of either kind."""
    database = Database(tmp_path / "state.sqlite" if request.param == "named" else None)
    yield Store(database)
    database.close()


def with_failed(store: Store, now: float = 1000.0) -> str:
    """Return the id of a new failed task."""
    new = made(Wish(State.FAILED), 0, now)
    store.add([new])
    return new.task.id


def test_one_of_many_retries_wins(store: Store) -> None:
    """Of sixteen simultaneous retries of a task one starts it, and it has run once more."""
    id_ = with_failed(store)

    with ThreadPoolExecutor(16) as pool:
        started = list(pool.map(lambda _: store.start_again(id_, 2000.0), range(16)))

    assert sorted(started) == [False] * 15 + [True]
    assert [task.runs for task in store.tasks()] == [1]


def test_two_processes_share_a_database(tmp_path: Path) -> None:
    """Two owners of one file see the same tasks, and one retry wins among both."""
    one, two = (Store(Database(tmp_path / "state.sqlite")) for _ in range(2))
    id_ = with_failed(one)

    with ThreadPoolExecutor(8) as pool:
        started = list(pool.map(lambda n: (one, two)[n % 2].start_again(id_, 2000.0), range(8)))

    assert sum(started) == 1
    assert one.tasks() == two.tasks()
    one.database.close()
    two.database.close()


def test_task_that_is_not_to_be_retried_stays(store: Store) -> None:
    """A failed task whose flag is false is not started; one without the flag is."""
    tasks = [made(Wish(State.FAILED, retryable=retryable), 0, 1000.0) for retryable in (False, None)]
    store.add(tasks)

    assert [store.start_again(new.task.id, 2000.0) for new in tasks] == [False, True]


def test_simultaneous_requests_renew_the_sample_once(store: Store) -> None:
    """Of many requests that find the sample outdated one renews it, and it has tasks in every state."""
    now = time.time()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: keep_sample(store, now), range(8)))

    before = store.tasks()
    states = [task.state(now) for task in before]
    assert all(states.count(state) >= 2 for state in State), states
    keep_sample(store, now + 11 * 3600)
    assert store.tasks() == before
    keep_sample(store, now + 13 * 3600)
    assert len(store.tasks()) == 2 * len(before)
    keep_sample(store, now + 100 * 3600)
    assert len(store.tasks()) == len(before)


def test_state_survives_a_restart(tmp_path: Path) -> None:
    """What was answered with 200 is there in another server on the same database, and so are the tokens."""
    database = tmp_path / "state.sqlite"
    with running(application(["vcf"], database=database)) as base_url:
        token = httpx.post(f"{base_url}/v1/tokens", json={"username": USERNAME, "password": PASSWORD}).json()
        headers = {"Authorization": f"Bearer {token['accessToken']}"}
        failed = httpx.get(f"{base_url}/v1/tasks?taskStatus=Failed", headers=headers).json()["elements"]
        path = f"/v1/tasks/{failed[0]['id']}"
        assert httpx.patch(base_url + path, headers=headers).status_code == 200

    with running(application(["vcf"], database=database)) as base_url:
        task = httpx.get(base_url + path, headers=headers)

    assert (task.status_code, task.json()["status"]) == (200, "In Progress")


DOCUMENT = json.loads(files("retryspec_models.vcf").joinpath("openapi.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "name", [name for name in faults.__all__ if name not in ("Fault", "METHOD_INVALID", "BODY_TOO_LARGE")]
)
def test_fault_is_one_that_the_document_lists(name: str) -> None:
    """The status of every refusal is in the document, for one of the operations at least."""
    fault = getattr(faults, name)
    assert isinstance(fault, Fault)
    statuses = {
        status
        for path in DOCUMENT["paths"].values()
        for operation in path.values()
        if isinstance(operation, dict)
        for status in operation["responses"]
    }

    assert str(fault.status) in statuses


# The clients of this project


def test_generated_client_understands_the_server() -> None:
    """The client stub, signed in by TokenAuth, reads and retries tasks, and raises documented errors."""
    auth = TokenAuth(USERNAME, PASSWORD)
    with running(application(["vcf"])) as base_url, httpx.Client(base_url=base_url, auth=auth) as http:
        client = Client(http)
        page = client.get_tasks(task_status="Failed", page_size=3)
        assert isinstance(page.elements, list)
        task = page.elements[0]
        client.retry_task(id_=task.id)
        after = client.get_task(id_=task.id)
        with pytest.raises(RetryTaskError) as again:
            client.retry_task(id_=task.id)
        with pytest.raises(GetTaskError) as unknown:
            client.get_task(id_="日志/a")
        pair = client.create_token(body=TokenCreationSpec(username=USERNAME, password=PASSWORD))
        refreshed = client.refresh_access_token(body=RefreshTokenId(pair.refresh_token.id))
        with pytest.raises(CreateTokenError) as refused:
            client.create_token(body=TokenCreationSpec(username=USERNAME, password="wrong"))

    assert (task.status, after.status, after.completion_timestamp) != ("Failed", "Failed", task.completion_timestamp)
    assert (after.status, len(page.elements)) == ("In Progress", 3)
    assert "TASK_NOT_RETRYABLE" in str(again.value)
    assert "TASK_NOT_FOUND" in str(unknown.value)
    assert "BAD_CREDENTIALS" in str(refused.value)
    assert refreshed.root != pair.access_token


@contextmanager
def signed_in(clock: SetClock, seen: list[str], auth: TokenAuth) -> Iterator[httpx.Client]:
    """A client of a server with a clock; each request is noted."""
    noted = {"request": [lambda request: seen.append(f"{request.method} {request.url.path}")]}
    with (
        running(application(["vcf"], clock=clock)) as base_url,
        httpx.Client(base_url=base_url, auth=auth, event_hooks=noted) as http,
    ):
        yield http


LOGIN, REFRESH, LIST = "POST /v1/tokens", "PATCH /v1/tokens/access-token/refresh", "GET /v1/tasks"


def test_client_signs_in_and_refreshes_by_itself() -> None:
    """The first request signs in, the next do not; a token that has ended is refreshed, and replaced by a login."""
    clock, seen = SetClock(time.time()), list[str]()
    with signed_in(clock, seen, TokenAuth(USERNAME, PASSWORD)) as http:
        for seconds, expected in (
            (0, [LOGIN, LIST]),
            (0, [LIST]),
            (3601, [LIST, REFRESH, LIST]),
            (25 * 3600, [LIST, REFRESH, LOGIN, LIST]),
        ):
            clock.advance(seconds)
            seen.clear()

            assert http.get("/v1/tasks").status_code == 200
            assert seen == expected


def test_client_with_a_wrong_password_gets_the_401() -> None:
    """Where the login is refused the request is sent without a token, and its 401 is the answer."""
    seen = list[str]()
    with signed_in(SetClock(time.time()), seen, TokenAuth(USERNAME, "wrong")) as http:
        assert http.get("/v1/tasks").json()["errorCode"] == "Unauthorized"

    assert seen == [LOGIN, LIST]


def test_refused_password_is_not_shown() -> None:
    """A password does not stand in what a log or a traceback shows of the authentication."""
    assert PASSWORD not in repr(TokenAuth(USERNAME, PASSWORD))


# The front page


def commands(page: str) -> list[str]:
    """Return the commands of a front page as a person would copy them."""
    return [unescape(found) for found in re.findall(r"<pre[^>]*><code[^>]*>(.*?)</code></pre>", page, re.DOTALL)]


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
def test_commands_of_the_front_page_work() -> None:
    """The commands of the front page, pasted one after the other, list and retry tasks."""
    with running(application(["vcf"])) as base_url:
        page = httpx.get(base_url, headers={"Accept": "text/html"}).text
        look, retry, *python = commands(page)
        shell = subprocess.run(
            ["bash", "-c", f"{look}\n{retry}"], capture_output=True, text=True, check=True, timeout=30
        )
        outputs = [
            subprocess.run(
                # The vendor's client uses a deprecated part of a library when it is imported.
                [sys.executable, "-W", "ignore::DeprecationWarning", "-c", command],
                capture_output=True,
                text=True,
                check=True,
                timeout=60,
            ).stdout
            for command in python
        ]

    assert '"status":"Failed"' in shell.stdout
    assert "HTTP/1.1 200 OK" in shell.stdout
    assert '"status":"In Progress"' in shell.stdout
    assert shell.stderr == ""
    assert outputs[0] == "In Progress\n"
    assert "Failed" in outputs[1]
    for state in State:
        assert state in page


# Variations


class Shop:
    """Calls to one server with variations."""

    def __init__(self, base_url: str, http: httpx.Client) -> None:
        self.http = http
        self.base_url = base_url

    def one(self, **task: Any) -> str:
        """Return the id of a new task."""
        asked = {"action": "setup", "state": "tasks", "params": {"tasks": [task]}}
        id_: str = self.http.post("/_states", json=asked).json()["ids"][0]
        return id_

    def status(self, id_: str) -> str:
        """Return the status of a task."""
        status: str = self.http.get(f"/v1/tasks/{id_}").json()["status"]
        return status


@contextmanager
def shop(*names: str, clock: SetClock | None = None) -> Iterator[Shop]:
    """A server with variations, with its sample and with provider states."""
    app = application(
        ["vcf"], provider_states=True, sample=True, variations=names, clock=clock or SetClock(time.time())
    )
    auth = TokenAuth(USERNAME, PASSWORD)
    with running(app) as base_url, httpx.Client(base_url=base_url, auth=auth, timeout=10) as http:
        yield Shop(base_url, http)


def test_wire_is_overridden() -> None:
    """An answer gets another body or another status."""
    with shop("vcf-retry-answers-task", "vcf-login-answers-ok") as server:
        id_ = server.one(status="FAILED")
        assert server.http.patch(f"/v1/tasks/{id_}").json()["id"] == id_
        login = server.http.post("/v1/tokens", json={"username": USERNAME, "password": PASSWORD})
        assert (login.status_code, len(login.json())) == (200, 2)


def test_decisions_are_overridden() -> None:
    """One replaced method spells, counts or refuses otherwise."""
    names = ("vcf-status-upper-case", "vcf-first-page-is-one", "vcf-login-refused-as-bad-request")
    with shop(*names) as server:
        assert server.status(server.one(status="In Progress")) == "IN_PROGRESS"
        pages = [server.http.get("/v1/tasks", params={"pageSize": 5, "pageNumber": n}).json() for n in range(3)]
        assert [len(page["elements"]) for page in pages] == [0, 5, 5]
        assert server.http.get("/v1/tasks").json()["pageMetadata"]["pageNumber"] == 1
        assert server.http.post("/v1/tokens", json={"username": "x", "password": "y"}).status_code == 400


def test_store_is_overridden() -> None:
    """A replaced store retries what it should not, or in another way."""
    with shop() as server:
        unlike = [task for task in _failed(server) if task.get("isRetryable") is False]
        assert server.http.patch(f"/v1/tasks/{unlike[0]['id']}").status_code == 409
    with shop("vcf-retryable-flag-ignored") as server:
        unlike = [task for task in _failed(server) if task.get("isRetryable") is False]
        assert server.http.patch(f"/v1/tasks/{unlike[0]['id']}").status_code == 200
    with shop("vcf-cancelled-retried") as server:
        id_ = server.one(status="Cancelled")
        assert server.http.patch(f"/v1/tasks/{id_}").status_code == 200
        assert server.status(id_) == "In Progress"
    clock = SetClock(time.time())
    with shop("vcf-retried-task-waits", clock=clock) as server:
        id_ = server.one(status="FAILED", rerunSeconds=10)
        server.http.patch(f"/v1/tasks/{id_}")
        seen = []
        for _ in range(3):
            seen.append(server.status(id_))
            clock.advance(5.1)
    assert seen == ["Pending", "In Progress", "Successful"]


def _failed(server: Shop) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = server.http.get("/v1/tasks?taskStatus=FAILED").json()["elements"]
    return found


def test_simultaneous_retries_are_accepted() -> None:
    """Of retries that meet, several are accepted by a server that looks first and writes later."""
    with shop("vcf-simultaneous-retries-accepted") as server:
        server.http.get("/v1/tasks")  # signs in
        id_ = server.one(status="FAILED")
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: server.http.patch(f"/v1/tasks/{id_}").status_code, range(8)))

    assert answers.count(200) > 1
