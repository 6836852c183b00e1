"""The VCF reference server, met over loopback as a client meets it, with its clock in the hands of the test."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import jsonschema
import pytest
from retryspec.reference.app import application
from retryspec.reference.clock import SetClock
from retryspec.reference.credentials import Credentials
from retryspec.reference.serve import running

USER = {"username": "admin@local", "password": "retryspec-pass"}
DOCUMENT = json.loads(files("retryspec_models.vcf").joinpath("openapi.json").read_text(encoding="utf-8"))
SHOWN = {
    "PENDING": "Pending",
    "IN_PROGRESS": "In Progress",
    "SUCCESSFUL": "Successful",
    "FAILED": "Failed",
    "CANCELLED": "Cancelled",
    "COMPLETED_WITH_WARNING": "COMPLETED_WITH_WARNING",
    "SKIPPED": "SKIPPED",
}
NOT_FAILED = [status for status in SHOWN if status != "FAILED"]


@dataclass(frozen=True, slots=True)
class World:
    """A running server, its clock, and a client that has signed in."""

    base_url: str
    clock: SetClock
    http: httpx.Client

    def made(self, *tasks: dict[str, Any]) -> list[str]:
        """Return the ids of new tasks."""
        asked = {"action": "setup", "state": "tasks", "params": {"tasks": list(tasks)}}
        answer = self.http.post("/_states", json=asked)
        assert answer.status_code == 200, answer.text
        assert answer.json()["rerunsAsAsked"] is True
        ids: list[str] = answer.json()["ids"]
        return ids

    def one(self, status: str = "FAILED", **members: Any) -> str:
        """Return the id of a new task."""
        return self.made({"status": status, **members})[0]

    def task(self, id_: str) -> dict[str, Any]:
        """Return a task."""
        answer = self.http.get(f"/v1/tasks/{id_}")
        assert answer.status_code == 200, answer.text
        task: dict[str, Any] = answer.json()
        return task

    def retry(self, id_: str, **options: Any) -> httpx.Response:
        """Return the answer to a retry."""
        return self.http.patch(f"/v1/tasks/{id_}", **options)

    def listed(self, **params: Any) -> dict[str, Any]:
        """Return a page."""
        answer = self.http.get("/v1/tasks", params=params)
        assert answer.status_code == 200, answer.text
        check(answer.json(), "PageOfTask")
        page: dict[str, Any] = answer.json()
        return page

    def ids(self, **params: Any) -> list[str]:
        """Return the ids on a page."""
        return [task["id"] for task in self.listed(**params)["elements"]]


def check(value: object, schema: str) -> None:
    """Assert that a value is what a schema of the document says."""
    jsonschema.Draft202012Validator({"$ref": f"#/components/schemas/{schema}", **DOCUMENT}).validate(value)


def refused(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Assert that an answer is the refusal that is expected, complete with its body."""
    assert (answer.status_code, answer.json().get("errorCode")) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/json"
    body: dict[str, Any] = answer.json()
    check(body, "Error")
    assert body["message"]
    assert body["remediationMessage"]
    assert body["errorType"] == "ERROR"
    assert len(body["referenceToken"]) == 6
    return body


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A server for all tests of this module: each makes tasks of its own."""
    clock = SetClock(time.time())
    app = application(["vcf"], clock=clock, provider_states=True)
    with running(app) as base_url, httpx.Client(base_url=base_url, timeout=10) as http:
        token = http.post("/v1/tokens", json=USER).json()["accessToken"]
        http.headers["Authorization"] = f"Bearer {token}"
        yield World(base_url, clock, http)


# Reading a task


@pytest.mark.parametrize("status", SHOWN)
def test_task_has_the_documented_shape(world: World, status: str) -> None:
    """A task of each status is what the document says, and its flags, times and errors fit its status."""
    for id_ in world.made(*[{"status": status}] * 4):
        task = world.task(id_)

        check(task, "Task")
        assert (task["id"], task["status"]) == (id_, SHOWN[status])
        assert ("completionTimestamp" in task) == (status not in ("PENDING", "IN_PROGRESS"))
        assert task.get("isRetryable", status == "FAILED") == (status == "FAILED")
        assert task["isCancellable"] == (status == "IN_PROGRESS")
        assert bool(task["errors"]) == (status == "FAILED")
        assert task["resolutionStatus"] in ("RESOLVED", "UNRESOLVED")
        assert all(step["status"].isupper() for step in task["subTasks"])
        assert any(step["status"] == "FAILED" for step in task["subTasks"]) == (status == "FAILED")
        assert "null" not in json.dumps(task)
        assert world.task(id_) == task


def test_one_task_in_four_has_no_flag(world: World) -> None:
    """A task without isRetryable, as servers before 5.1.1 show it, can be retried."""
    *_, last = world.made(*[{"status": "FAILED"}] * 4)

    assert "isRetryable" not in world.task(last)
    assert world.retry(last).status_code == 200


@pytest.mark.parametrize("spelling", ["In Progress", "IN_PROGRESS", "in progress", "In_Progress"])
def test_status_is_taken_in_every_spelling(world: World, spelling: str) -> None:
    """A provider state takes a status by what it means, and a running task runs for ten minutes at least."""
    id_ = world.one(spelling)

    world.clock.advance(601)
    assert world.task(id_)["status"] == "In Progress"


@pytest.mark.parametrize(
    "id_",
    [
        "%FF",
        "a%2Fb",
        "a%20b",
        "%00",
        "%E6%97%A5",
        "x" * 5000,
        "{id}",
        "history",
        "5cbcb365-ec7c-4a41-9134-edfe905af69d",
    ],
)
def test_unknown_id_is_not_found(world: World, id_: str) -> None:
    """Whatever an id holds, it names no task, and a retry does not make one."""
    refused(world.http.get(f"/v1/tasks/{id_}"), 404, "TASK_NOT_FOUND")
    refused(world.retry(id_), 404, "TASK_NOT_FOUND")
    refused(world.http.get(f"/v1/tasks/{id_}"), 404, "TASK_NOT_FOUND")


# Retry


def test_retried_task_runs_and_then_succeeds(world: World) -> None:
    """A failed task runs right after the empty 200 under its old id, and ends as it was asked to."""
    id_ = world.one(rerunSeconds=30)
    before = world.task(id_)

    answer = world.retry(id_)

    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "0")
    assert "content-type" not in answer.headers
    task = world.task(id_)
    assert (task["status"], task["errors"], task["resolutionStatus"]) == ("In Progress", [], "UNRESOLVED")
    assert [step["status"] for step in task["subTasks"]] == ["SUCCESSFUL", "PENDING", "PENDING"]
    assert "completionTimestamp" not in task
    for name in ("id", "name", "type", "creationTimestamp", "resources"):
        assert task[name] == before[name]
    world.clock.advance(29.9)
    assert world.task(id_)["status"] == "In Progress"
    world.clock.advance(0.2)
    task = world.task(id_)
    assert (task["status"], task["resolutionStatus"], task["errors"]) == ("Successful", "RESOLVED", [])
    assert task["completionTimestamp"] > before["completionTimestamp"]
    assert id_ in world.ids()


def test_rerun_can_fail_and_be_retried_again(world: World) -> None:
    """A run that failed again is another failure, and is retried like the first."""
    id_ = world.one(rerunSeconds=5, rerunStatus="Failed")
    seen = [world.task(id_)]

    for _ in range(3):
        assert world.retry(id_).status_code == 200
        world.clock.advance(5)
        seen.append(world.task(id_))

    assert {task["status"] for task in seen} == {"Failed"}
    assert len({task["completionTimestamp"] for task in seen}) == 4
    assert len({task["errors"][0]["referenceToken"] for task in seen}) == 4


def test_rerun_that_takes_no_time_shows(world: World) -> None:
    """A task whose run ends at once has another end than before, however often."""
    id_ = world.one(rerunSeconds=0, rerunStatus="FAILED")
    ends = {world.task(id_)["completionTimestamp"]}

    for _ in range(3):
        assert world.retry(id_).status_code == 200
        world.clock.advance(0.01)
        ends.add(world.task(id_)["completionTimestamp"])

    assert len(ends) == 4


@pytest.mark.parametrize("status", NOT_FAILED)
def test_retry_of_what_is_not_failed_is_refused(world: World, status: str) -> None:
    """A task in any other state is refused with 409 and stays as it was."""
    id_ = world.one(status)
    before = world.task(id_)

    body = refused(world.retry(id_), 409, "TASK_NOT_RETRYABLE")

    assert body["arguments"] == [id_, SHOWN[status]]
    assert world.task(id_) == before


def test_retry_while_running_is_refused(world: World) -> None:
    """A second retry is refused and does not prolong the run."""
    id_ = world.one(rerunSeconds=30)
    world.retry(id_)
    world.clock.advance(20)

    refused(world.retry(id_), 409, "TASK_NOT_RETRYABLE")

    world.clock.advance(10.1)
    assert world.task(id_)["status"] == "Successful"


def test_only_the_named_task_runs(world: World) -> None:
    """A retry changes nothing about another task."""
    first, *others = world.made({"status": "FAILED"}, {"status": "FAILED"}, {"status": "CANCELLED"})
    before = [world.task(id_) for id_ in others]

    world.retry(first)

    assert [world.task(id_) for id_ in others] == before


@pytest.mark.parametrize("content", [None, b"", b"{}", b"[", b"\xff\x00"], ids=repr)
@pytest.mark.parametrize("content_type", [None, "application/json", "text/plain"])
def test_body_of_a_retry_is_passed_over(world: World, content: bytes | None, content_type: str | None) -> None:
    """A retry is accepted with every body that real clients send, and with any other."""
    headers = {"Content-Type": content_type} if content_type else {}

    assert world.retry(world.one(), content=content, headers=headers).status_code == 200


@pytest.mark.parametrize("status", ["FAILED", "SUCCESSFUL", "IN_PROGRESS"])
def test_fault_ends_a_retry_in_an_internal_error(world: World, status: str) -> None:
    """A task with a fault meets an error three deep on a retry, whatever its status, and stays as it was."""
    id_ = world.one(status, fault="internal")
    before = world.task(id_)

    body = refused(world.retry(id_), 500, "INTERNAL_SERVER_ERROR")

    assert body["nestedErrors"][0]["nestedErrors"][0]["errorCode"]
    assert world.task(id_) == before


def test_one_of_many_retries_wins(world: World) -> None:
    """Of sixteen retries at the same moment one is a 200, and the others are 409."""
    id_ = world.one()
    together = threading.Barrier(16)

    def retry(_: int) -> int:
        together.wait(10)
        return world.retry(id_).status_code

    with ThreadPoolExecutor(16) as pool:
        statuses = sorted(pool.map(retry, range(16)))

    assert statuses == [200] + [409] * 15


# Lists


def test_filters_select_what_matches(world: World) -> None:
    """Each filter gives the tasks that match, by meaning for the status; together they narrow."""
    mark = uuid4().hex
    ids = world.made(*({"status": status, "name": f"{mark} {n}"} for n, status in enumerate(SHOWN)))
    tasks = {id_: world.task(id_) for id_ in ids}

    assert set(world.ids(taskName=mark)) == set(ids)
    for id_, status in zip(ids, SHOWN, strict=True):
        for spelling in (status, SHOWN[status], status.lower()):
            assert world.ids(taskName=mark, taskStatus=spelling) == [id_]
        resource = tasks[id_]["resources"][0]
        assert world.ids(resourceId=resource["resourceId"]) == [id_]
        of_type = [other for other, task in tasks.items() if task["type"] == tasks[id_]["type"]]
        assert set(world.ids(taskName=mark, taskType=tasks[id_]["type"])) == set(of_type)
        listed = world.listed(taskName=mark, resourceType=resource["type"])["elements"]
        assert {task["resources"][0]["type"] for task in listed} == {resource["type"]}
    assert world.ids(taskName=mark, taskStatus="bogus") == []
    assert world.ids(resourceId="none") == world.ids(taskType="none") == []


def test_completed_after_counts_successes_and_failures(world: World) -> None:
    """Only tasks that have succeeded or failed after a time are completed; the time itself is not after it."""
    mark = uuid4().hex
    world.made(*({"status": status, "name": mark} for status in SHOWN))
    failed = world.one(name=mark + " late", rerunSeconds=2, rerunStatus="FAILED")
    world.retry(failed)
    world.clock.advance(3)
    ended = round((world.clock() - 1) * 1000)

    found = {task["status"] for task in world.listed(taskName=mark, completedAfter=0)["elements"]}

    assert found == {"Successful", "Failed"}
    assert world.ids(taskName=mark, completedAfter=ended - 1) == [failed]
    assert world.ids(taskName=mark, completedAfter=ended + 1) == []


@pytest.mark.parametrize("size", [1, 7, 100])
def test_pages_put_together_are_the_whole(world: World, size: int) -> None:
    """Pages of any size, the first of which is 0, give every task once, newest first, and say how many there are."""
    mark = uuid4().hex
    ids = world.made(*[{"status": "SUCCESSFUL", "name": mark}] * 120)

    pages = [world.listed(taskName=mark, pageSize=size, pageNumber=n) for n in range(-(-120 // size) + 1)]

    assert [task["id"] for page in pages for task in page["elements"]] == ids
    for number, page in enumerate(pages):
        assert page["pageMetadata"] == {
            "pageNumber": number,
            "pageSize": len(page["elements"]),
            "totalElements": 120,
            "totalPages": -(-120 // size),
        }
    assert world.ids(taskName=mark) == ids[:100]
    assert world.ids(taskName=mark, limit=5) == ids[:5]
    assert world.ids(taskName=mark, limit=2**31 - 1, pageSize=3, pageNumber=2**31 - 1) == []


def test_order_can_be_asked_for(world: World) -> None:
    """Tasks are ordered by creation, name or status, either way; what is not known is passed over."""
    mark = uuid4().hex
    ids = world.made(*({"status": s, "name": f"{mark} {n}"} for s, n in (("FAILED", "b"), ("SKIPPED", "a"))))

    def order(**params: str) -> list[str]:
        return world.ids(taskName=mark, **params)

    assert order() == order(orderBy="bogus", orderDirection="up") == ids
    assert order(orderDirection="ASC") == order(orderBy="creationTimestamp", orderDirection="asc") == ids[::-1]
    assert order(orderBy="name") == order(orderBy="status", orderDirection="DESC") == ids[::-1]
    assert order(orderBy="name", orderDirection="DESC") == order(orderBy="status") == ids


@pytest.mark.parametrize(
    "params",
    [
        {"pageSize": 101},
        {"pageSize": 0},
        {"pageSize": "ten"},
        {"pageNumber": -1},
        {"pageNumber": 2**31},
        {"limit": "abc"},
        {"limit": 0},
        {"completedAfter": 2**63},
        {"completedAfter": "1.5"},
        {"doLiveRefresh": "maybe"},
    ],
    ids=str,
)
def test_parameter_is_refused(world: World, params: dict[str, Any]) -> None:
    """A parameter out of bounds is refused with 400 and named."""
    body = refused(world.http.get("/v1/tasks", params=params), 400, "INVALID_PARAMETER")

    assert body["arguments"] == [*params, *map(str, params.values())]


@pytest.mark.parametrize(
    "query", ["page=0&status=Failed", "x=%FF", "taskName=%00", "=&&", "taskStatus=", "doLiveRefresh=true"]
)
def test_odd_query_is_no_harm(world: World, query: str) -> None:
    """Parameters that are not known, and texts of any kind, get a page."""
    assert world.http.get(f"/v1/tasks?{query}").status_code == 200


# Tokens


def test_login_gives_tokens_that_work(world: World) -> None:
    """A login is answered 201 with both tokens; the refresh token gives new access tokens again and again."""
    answer = httpx.post(f"{world.base_url}/v1/tokens", json=USER)

    assert answer.status_code == 201
    check(answer.json(), "TokenPair")
    id_ = answer.json()["refreshToken"]["id"]
    tokens = {answer.json()["accessToken"]}
    for body in (json.dumps(id_), json.dumps(id_), id_):
        refreshed = world.http.patch("/v1/tokens/access-token/refresh", content=body)
        assert (refreshed.status_code, refreshed.headers["content-type"]) == (200, "application/json")
        tokens.add(refreshed.json())
    assert len(tokens) == 4
    for token in tokens:
        for scheme in ("Bearer", "bearer"):
            headers = {"Authorization": f"{scheme} {token}"}
            assert httpx.get(f"{world.base_url}/v1/tasks", headers=headers).status_code == 200


def test_tokens_end(world: World) -> None:
    """An access token is good for an hour and a refresh token for a day."""
    with httpx.Client(base_url=world.base_url) as http:
        pair = http.post("/v1/tokens", json=USER).json()
        http.headers["Authorization"] = f"Bearer {pair['accessToken']}"

        def refresh() -> httpx.Response:
            return http.patch("/v1/tokens/access-token/refresh", json=pair["refreshToken"]["id"])

        clock = SetClock(world.clock())
        world.clock.advance(3599)
        assert http.get("/v1/tasks").status_code == 200
        world.clock.advance(2)
        refused(http.get("/v1/tasks"), 401, "Unauthorized")
        world.clock.advance(23 * 3600 - 2)
        assert refresh().status_code == 200
        world.clock.advance(2)
        refused(refresh(), 401, "REFRESH_TOKEN_EXPIRED")
        world.clock.advance(clock() - world.clock())  # back, for the other tests


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer x", "Basic YWRtaW46eA==", "x", "Bearer \u00ff"], ids=repr
)
@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_call_without_a_valid_token_is_refused(world: World, header: str | None, method: str) -> None:
    """Without a token that was given here there is a 401 with an Error, before anything else, and no effect."""
    id_ = world.one()
    headers = {} if header is None else {b"Authorization": header.encode("latin-1")}

    for path in (f"/v1/tasks/{id_}", "/v1/tasks/none"):
        answer = httpx.request(method, world.base_url + path, headers=headers)
        refused(answer, 401, "Unauthorized")
        assert answer.headers["www-authenticate"] == "Bearer"
    refused(httpx.get(f"{world.base_url}/v1/tasks?pageSize=101", headers=headers), 401, "Unauthorized")
    assert world.task(id_)["status"] == "Failed"


@pytest.mark.parametrize(
    ("status", "code", "body"),
    [
        (401, "BAD_CREDENTIALS", USER | {"password": "wrong"}),
        (401, "BAD_CREDENTIALS", USER | {"password": ""}),
        (401, "BAD_CREDENTIALS", USER | {"username": "nobody", "password": ""}),
        (401, "BAD_CREDENTIALS", USER | {"username": "日志\x00"}),
        (401, "BAD_CREDENTIALS", {"apiKey": "x"}),
        (401, "BAD_CREDENTIALS", {"idToken": "x"}),
        (400, "BAD_REQUEST", {}),
        (400, "BAD_REQUEST", {"username": "admin@local"}),
        (400, "BAD_REQUEST", {"password": "retryspec-pass"}),
        (400, "BAD_REQUEST", {"username": 1, "password": None}),
        (400, "BAD_REQUEST", []),
        (400, "BAD_REQUEST", b""),
        (400, "BAD_REQUEST", b"{"),
        (400, "BAD_REQUEST", b"[" * 100_000),
        (400, "BAD_REQUEST", b'{"username": "a\\ud800", "password": "x"}'),
        (413, "BODY_TOO_LARGE", b" " * 1_100_000),
    ],
    ids=lambda value: str(value)[:50],
)
def test_login_is_refused(world: World, status: int, code: str, body: Any) -> None:
    """A login with anything but the right name and password is refused with an Error."""
    content = body if isinstance(body, bytes) else json.dumps(body)

    refused(world.http.post("/v1/tokens", content=content), status, code)


@pytest.mark.parametrize(
    ("status", "code", "content"),
    [
        (404, "REFRESH_TOKEN_NOT_FOUND", '"5cbcb365-ec7c-4a41-9134-edfe905af69d"'),
        (404, "REFRESH_TOKEN_NOT_FOUND", "4d01b020-d599-4001-addb-ce9bf97fd566"),
        (404, "REFRESH_TOKEN_NOT_FOUND", '"\\u0000"'),
        (400, "BAD_REQUEST", ""),
        (400, "BAD_REQUEST", '""'),
        (400, "BAD_REQUEST", "{}"),
        (400, "BAD_REQUEST", '["x"]'),
        (400, "BAD_REQUEST", '"\\ud800"'),
        (400, "BAD_REQUEST", '"x'),
    ],
    ids=repr,
)
def test_refresh_is_refused(world: World, status: int, code: str, content: str) -> None:
    """What is no refresh token is refused with an Error."""
    refused(world.http.patch("/v1/tokens/access-token/refresh", content=content), status, code)


def test_access_token_is_no_refresh_token(world: World) -> None:
    """Neither token is good for what the other is for."""
    pair = world.http.post("/v1/tokens", json=USER).json()
    headers = {"Authorization": f"Bearer {pair['refreshToken']['id']}"}

    refused(world.http.get("/v1/tasks", headers=headers), 401, "Unauthorized")
    refused(
        world.http.patch("/v1/tokens/access-token/refresh", json=pair["accessToken"]), 404, "REFRESH_TOKEN_NOT_FOUND"
    )


def test_other_credentials_take_the_place_of_the_defaults() -> None:
    """With credentials that are given the defaults are nobody's, and the front page does not show the password."""
    given = Credentials({"vcf": {"username": "me", "password": "mine-alone"}})
    with running(application(["vcf"], credentials=given)) as base_url:
        mine = httpx.post(f"{base_url}/v1/tokens", json={"username": "me", "password": "mine-alone"})
        default = httpx.post(f"{base_url}/v1/tokens", json=USER)
        page = httpx.get(base_url).text

    assert (mine.status_code, default.status_code) == (201, 401)
    assert "mine-alone" not in page


# Other paths and methods


def test_slash_at_the_end_is_taken(world: World) -> None:
    """A list and a task are found with a slash at the end as well; two slashes are another path."""
    id_ = world.one()

    assert world.http.get("/v1/tasks/").json().keys() == {"elements", "pageMetadata"}
    assert world.http.get(f"/v1/tasks/{id_}/").json() == world.task(id_)
    assert world.retry(f"{id_}/").status_code == 200
    assert world.task(id_)["status"] == "In Progress"
    refused(world.http.get("/v1/tasks//"), 404, "NOT_FOUND")
    refused(world.retry(""), 405, "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize("method", ["DELETE", "POST", "PUT", "TRACE", "QUERY"])
def test_other_methods_are_refused(world: World, method: str) -> None:
    """A method that the document does not have is a 405 that says which there are, and has no effect."""
    for id_ in world.made({"status": "FAILED"}, {"status": "IN_PROGRESS"}):
        before = world.task(id_)

        answer = world.http.request(method, f"/v1/tasks/{id_}")

        refused(answer, 405, "METHOD_NOT_ALLOWED")
        assert answer.headers["allow"] == "GET, PATCH"
        assert world.task(id_) == before


def test_head_and_options_are_answered(world: World) -> None:
    """HEAD is a GET without its body, and OPTIONS says which methods there are."""
    id_ = world.one()
    get, head = (world.http.request(method, f"/v1/tasks/{id_}") for method in ("GET", "HEAD"))
    options = world.http.options(f"/v1/tasks/{id_}")

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"]
    assert (options.status_code, options.content, options.headers["allow"]) == (204, b"", "GET, PATCH")
    assert world.http.head("/v1/tasks/none").status_code == 404


@pytest.mark.parametrize("path", ["/v1/none", "/v1/tasks/a/b", "/v1", "/v2/tasks", "/v1/tokens/x"])
def test_unknown_path_is_not_found(world: World, path: str) -> None:
    """A path that the document does not have is a 404 with an Error."""
    refused(world.http.get(path), 404, "NOT_FOUND")


def test_raw_bytes_in_a_path_are_no_harm(world: World) -> None:
    """A path that is not encoded as it should be is answered without a 5xx."""
    address = urlsplit(world.base_url)
    token = world.http.headers["Authorization"].encode()
    for target in (b"/v1/tasks/a?b/c", b"/v1/tasks/%", b"/v1/tasks/%zz", b"/v1/tasks/\xc3\xa9", b"http://x/v1/tasks/y"):
        with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
            connection.sendall(
                b"PATCH %b HTTP/1.1\r\nHost: x\r\nAuthorization: %b\r\nConnection: close\r\n\r\n" % (target, token)
            )
            answer = b"".join(iter(partial(connection.recv, 65536), b""))

        assert answer.split(b" ", 2)[1] in (b"400", b"404"), (target, answer)


# Provider states


@pytest.mark.parametrize(
    "tasks",
    [
        {},
        [1],
        [{}],
        [{"status": "done"}],
        [{"status": 1}],
        [{"status": "FAILED", "name": 1}],
        [{"status": "FAILED", "name": "x" * 10_001}],
        [{"status": "FAILED", "fault": "external"}],
        [{"status": "FAILED", "rerunSeconds": -1}],
        [{"status": "FAILED", "rerunSeconds": "1"}],
        [{"status": "FAILED", "rerunStatus": "In Progress"}],
        [{"status": "FAILED", "rerunStatus": "x"}],
        [{"status": "FAILED"}] * 20_001,
    ],
    ids=lambda value: str(value)[-60:],
)
def test_bad_state_is_refused(world: World, tasks: object) -> None:
    """Params that are not what the protocol says are refused in words."""
    asked = {"action": "setup", "state": "tasks", "params": {"tasks": tasks}}

    answer = world.http.post("/_states", json=asked)

    assert (answer.status_code, bool(answer.json()["error"])) == (400, True)


def test_absent_and_null_members_are_alike(world: World) -> None:
    """A member that is null counts as absent, further ones are ignored, and a name may be any text."""
    absent = world.one(name=None, rerunSeconds=None, rerunStatus=None, fault=None, x=1)
    odd = world.one(name='\x00 <" 日志 😀')

    assert world.task(absent)["name"]
    assert world.task(odd)["name"] == '\x00 <" 日志 😀'
    assert world.made() == []


def test_states_are_dropped_after_an_hour() -> None:
    """The next setup drops what is older than an hour, and nothing younger."""
    clock = SetClock(time.time() - 5000)
    app = application(["vcf"], clock=clock, provider_states=True)
    with running(app) as base_url, httpx.Client(base_url=base_url) as http:
        world = World(base_url, clock, http)
        old = world.one()
        clock.advance(3000)
        young = world.one()
        clock.advance(2000)
        world.one()
        token = http.post("/v1/tokens", json=USER).json()["accessToken"]
        http.headers["Authorization"] = f"Bearer {token}"

        assert http.get(f"/v1/tasks/{old}").status_code == 404
        assert http.get(f"/v1/tasks/{young}").status_code == 200
