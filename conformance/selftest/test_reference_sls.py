"""The SLS reference server, met over loopback as a client meets it, with its clock in the hands of the test."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from email.utils import formatdate, parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from retryspec.authentication.sls import SlsAuth, authorization, sign, signed_headers, string_to_sign
from retryspec.reference.app import application
from retryspec.reference.clock import SetClock
from retryspec.reference.serve import running

KEY_ID, SECRET = "retryspec-id", "retryspec-secret"
HOUR = 3600


@dataclass(frozen=True, slots=True)
class World:
    """A running server and its clock."""

    base_url: str
    clock: SetClock
    http: httpx.Client

    @property
    def now(self) -> int:
        """Return the server's time in whole seconds."""
        return int(self.clock())

    def shipper(self, *tasks: dict[str, Any], **params: Any) -> "Shop":
        """Return a new shipper with these tasks."""
        asked = {"action": "setup", "state": "a shipper with tasks", "params": {"tasks": list(tasks), **params}}
        answer = self.http.post("/_states", json=asked)
        assert answer.status_code == 200, answer.text
        return Shop(self, **answer.json())

    def failed(self, number: int = 1, **members: Any) -> "Shop":
        """Return a new shipper with failed tasks, a minute apart."""
        return self.shipper(
            *({"status": "fail", "createTime": self.now - 60 * (n + 1), **members} for n in range(number))
        )


@dataclass(frozen=True)
class Shop:
    """A shipper as a provider state names it, and calls to it."""

    world: World
    project: str
    logstore: str
    shipper: str
    ids: list[str]
    neighbours: list[dict[str, Any]]
    rerunsAsAsked: bool  # noqa: N815 - the name in the answer

    @property
    def path(self) -> str:
        """Return the path of both operations."""
        return f"/logstores/{self.logstore}/shipper/{self.shipper}/tasks"

    def neighbour(self, place: int) -> "Shop":
        """Return one of the shippers beside this one."""
        beside = self.neighbours[place]
        return Shop(self.world, self.project, beside["logstore"], beside["shipper"], beside["ids"], [], True)

    def call(self, method: str, path: str | None = None, **options: Any) -> httpx.Response:
        """Return the answer to a signed request; the date is the server's."""
        headers = {"Host": f"{self.project}.sls.test", "Date": formatdate(self.world.clock(), usegmt=True)}
        headers |= options.pop("headers", {})
        auth = options.pop("auth", SlsAuth(KEY_ID, SECRET))
        return self.world.http.request(method, path or self.path, headers=headers, auth=auth, **options)

    def get(self, **params: Any) -> httpx.Response:
        """Return the answer to a request for tasks, by default of the last 47 hours."""
        window = {"from": self.world.now - 47 * HOUR, "to": self.world.now + 60}
        chosen = {name.rstrip("_"): value for name, value in params.items()}
        return self.call("GET", params={name: value for name, value in (window | chosen).items() if value is not None})

    def page(self, **params: Any) -> dict[str, Any]:
        """Return a page of tasks."""
        answer = self.get(**params)
        assert answer.status_code == 200, answer.text
        page: dict[str, Any] = answer.json()
        return page

    def states(self) -> dict[str, str]:
        """Return the status of every task."""
        return {task["id"]: task["taskStatus"] for task in self.page(size=500)["tasks"]}

    def task(self, id_: str) -> dict[str, Any]:
        """Return one task."""
        found: dict[str, Any] = next(task for task in self.page(size=500)["tasks"] if task["id"] == id_)
        return found

    def retry(self, *ids: Any, **options: Any) -> httpx.Response:
        """Return the answer to a retry."""
        return self.call("PUT", json=list(ids), **options)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A server for all tests of this module: each makes a shipper of its own."""
    clock = SetClock(time.time())
    app = application(["sls"], clock=clock, provider_states=True)
    with running(app) as base_url, httpx.Client(base_url=base_url, timeout=10) as http:
        yield World(base_url, clock, http)


def refused(answer: httpx.Response, status: int, code: str) -> None:
    """Assert that an answer is the refusal that is expected, complete with body and headers."""
    assert (answer.status_code, answer.json()["errorCode"]) == (status, code), answer.text
    assert set(answer.json()) == {"errorCode", "errorMessage"}
    assert answer.json()["errorMessage"]
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-log-requestid"]


# Listing


def test_page_has_the_documented_shape(world: World) -> None:
    """A page has all members of the source, and the two that the Java client reads."""
    shop = world.shipper({"status": "fail", "createTime": world.now - 100, "message": "disk full"})

    answer = shop.get()

    page = answer.json()
    assert answer.headers["content-type"] == "application/json"
    assert {name: page[name] for name in ("count", "total", "statistics")} == {
        "count": 1,
        "total": 1,
        "statistics": {"running": 0, "success": 0, "fail": 1},
    }
    (task,) = page["tasks"]
    assert task["id"] == shop.ids[0]
    assert (task["taskStatus"], task["taskMessage"]) == ("fail", "disk full")
    assert task["taskCreateTime"] == world.now - 100
    assert task["taskCreateTime"] <= task["taskFinishTime"] <= world.now
    assert isinstance(task["taskLastDataReceiveTime"], int)
    assert task["taskCode"]
    assert task["taskDataLines"] == 0


def test_running_task_has_neither_end_nor_message(world: World) -> None:
    """A task that runs shows 0 as its end and an empty message, and runs for ten minutes at least."""
    shop = world.shipper({"status": "RUNNING", "createTime": world.now - 100})

    task = shop.task(shop.ids[0])

    assert (task["taskStatus"], task["taskFinishTime"], task["taskMessage"]) == ("running", 0, "")
    world.clock.advance(601)
    assert shop.states() == {shop.ids[0]: "running"}


def test_filter_partitions_the_tasks(world: World) -> None:
    """The filters give disjoint lists whose union is the list without one; statistics ignore the filter."""
    kinds = ["fail", "success", "running", "Fail", "SUCCESSFUL", "failed"]
    shop = world.shipper(*({"status": kind, "createTime": world.now - 60 - n} for n, kind in enumerate(kinds)))

    pages = {status: shop.page(status=status) for status in ("success", "running", "fail")}

    for status, page in pages.items():
        assert {task["taskStatus"] for task in page["tasks"]} == {status}
        assert page["total"] == page["count"] == page["statistics"][status]
    assert pages["fail"]["statistics"] == {"running": 1, "success": 2, "fail": 3}
    found = [task["id"] for page in pages.values() for task in page["tasks"]]
    assert sorted(found) == sorted(shop.ids) == sorted(shop.states())
    assert shop.page(status="")["tasks"] == shop.page()["tasks"]


@pytest.mark.parametrize("size", [1, 7, 100, 500])
def test_pages_put_together_are_the_whole(world: World, size: int) -> None:
    """Pages of any size give every task once, newest first; total and statistics are the same on each."""
    shop = world.failed(120)
    whole = shop.page(size=500)

    pages = [shop.page(offset=offset, size=size) for offset in range(0, 120 + size, size)]

    assert [task for page in pages for task in page["tasks"]] == whole["tasks"]
    assert {page["total"] for page in pages} == {120}
    assert all(page["statistics"] == whole["statistics"] for page in pages)
    assert all(page["count"] == len(page["tasks"]) for page in pages)
    times = [task["taskCreateTime"] for task in whole["tasks"]]
    assert times == sorted(times, reverse=True)
    assert shop.page()["tasks"] == whole["tasks"][:100]


@pytest.mark.parametrize(("offset", "size"), [(0, 0), (1, 100), (10**15, 100), (10**30, 1)])
def test_page_beyond_the_end_is_empty(world: World, offset: int, size: int) -> None:
    """Nothing is left beyond the last task, and a size of 0 asks for nothing; the total stays."""
    page = world.failed(1).page(offset=offset, size=size)

    assert (page["count"], page["tasks"], page["total"]) == (0, [], 1)


def test_window_bounds_the_creation_times(world: World) -> None:
    """A task is listed from its creation time on and up to, not at, the end of the window."""
    created = world.now - 500
    shop = world.shipper({"status": "success", "createTime": created})

    counts = [shop.page(from_=from_, to=to)["total"] for from_, to in _around(created)]

    assert counts == [1, 1, 0, 0]


def _around(created: int) -> list[tuple[int, int]]:
    return [(created - 1, created + 1), (created, created + 1), (created - 1, created), (created + 1, created + 2)]


def test_get_changes_nothing(world: World) -> None:
    """Two equal requests get equal answers."""
    shop = world.failed(3)

    assert shop.page() == shop.page()


# Windows and parameters


@pytest.mark.parametrize(
    ("from_", "to"),
    [(-23 * HOUR, 0), (-48 * HOUR, 0), (-60, 300), (-60, 10**9), (-1, 0)],
    ids=["23 h ago", "48 h ago", "to ahead", "long", "one second"],
)
def test_window_is_accepted(world: World, from_: int, to: int) -> None:
    """A window that begins within 48 hours is fine, however far it reaches ahead."""
    assert world.failed().get(from_=world.now + from_, to=world.now + to).status_code == 200


@pytest.mark.parametrize(
    ("from_", "to", "text"),
    [
        (-60, -60, "earlier than end"),
        (-60, -61, "earlier than end"),
        (-48 * HOUR - 1, 0, "48 hours"),
        (-96 * HOUR, -95 * HOUR, "48 hours"),
    ],
    ids=["empty", "reversed", "begins too early", "long past"],
)
def test_window_is_refused(world: World, from_: int, to: int, text: str) -> None:
    """A window that is empty or begins before the last 48 hours is refused, and says why."""
    answer = world.failed().get(from_=world.now + from_, to=world.now + to)

    refused(answer, 400, "ParameterInvalid")
    assert text in answer.json()["errorMessage"]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"from_": None}, "MissingParameter"),
        ({"to": None}, "MissingParameter"),
        ({"from_": "abc"}, "ParameterInvalid"),
        ({"from_": "1.5"}, "ParameterInvalid"),
        ({"from_": -1}, "ParameterInvalid"),
        ({"to": ""}, "ParameterInvalid"),
        ({"to": 10**19}, "ParameterInvalid"),
        ({"to": 10**400}, "ParameterInvalid"),
        ({"status": "bogus"}, "ParameterInvalid"),
        ({"status": "failed"}, "ParameterInvalid"),
        ({"size": 501}, "ParameterInvalid"),
        ({"size": -1}, "ParameterInvalid"),
        ({"size": "abc"}, "ParameterInvalid"),
        ({"offset": -1}, "ParameterInvalid"),
    ],
    ids=str,
)
def test_parameter_is_refused(world: World, params: dict[str, Any], code: str) -> None:
    """A parameter that is missing or out of bounds is refused with 400."""
    refused(world.failed().get(**params), 400, code)


def test_unknown_and_repeated_parameters_do_no_harm(world: World) -> None:
    """A parameter that the document does not know is ignored, and of a repeated one the first counts."""
    shop = world.failed(3)
    window = [("from", world.now - HOUR), ("to", world.now), ("x", "%"), ("size", 2), ("size", 1)]

    assert shop.call("GET", params=window).json()["count"] == 2
    assert shop.retry(shop.ids[0]).status_code == 200


# Names


def test_unknown_names_are_told_apart(world: World) -> None:
    """Project, logstore and shipper that do not exist have an error each, the shipper's a 400."""
    shop = world.failed()

    project = shop.call("PUT", json=[], headers={"Host": "p-none.sls.test"})
    logstore = shop.call("PUT", shop.path.replace(shop.logstore, "none"), json=[])
    shipper = shop.call("PUT", shop.path.replace(shop.shipper, "none"), json=[])

    refused(project, 404, "ProjectNotExist")
    refused(logstore, 404, "LogStoreNotExist")
    refused(shipper, 400, "ShipperNotExist")
    assert "none" in shipper.json()["errorMessage"]
    refused(shop.call("GET", "/logstores/a/shipper/b/tasks", headers={"Host": "x.y"}), 404, "ProjectNotExist")


@pytest.mark.parametrize(
    "name", ["%E6%97%A5", "a%2Fb", "a%00b", "%FF", "a" * 5000, "%25", "a%20b", "..%2f..", "{name}"]
)
def test_odd_name_is_unknown(world: World, name: str) -> None:
    """Whatever a name holds, it does not exist, and that is all."""
    shop = world.failed()

    logstore = shop.call("PUT", shop.path.replace(shop.logstore, name), json=[])
    shipper = shop.call("PUT", shop.path.replace(shop.shipper, name), json=[])

    refused(logstore, 404, "LogStoreNotExist")
    assert shipper.status_code == 400


def test_neighbours_are_apart(world: World) -> None:
    """Shippers of one name in two logstores, and two in one logstore, have tasks of their own."""
    shop = world.failed(2)
    others = [shop.neighbour(0), shop.neighbour(1)]
    before = [other.states() for other in others]

    shop.retry(*others[0].ids, *others[1].ids)
    assert [other.states() for other in others] == before
    assert set(shop.states()) == set(shop.ids)
    assert all("fail" in states.values() for states in before)
    assert others[0].logstore == shop.logstore
    assert (others[1].logstore == shop.logstore, others[1].shipper) == (False, shop.shipper)

    others[1].retry(*others[1].ids)
    assert set(shop.states().values()) == {"fail"}


# Retry


def test_retried_task_runs_and_then_succeeds(world: World) -> None:
    """A failed task runs right after the 200, shows neither end nor message, and ends as it was asked to."""
    shop = world.failed(3, rerunSeconds=30)
    before = shop.task(shop.ids[1])

    answer = shop.retry(shop.ids[1])

    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "0")
    assert "content-type" not in answer.headers
    task = shop.task(shop.ids[1])
    assert (task["taskStatus"], task["taskMessage"], task["taskFinishTime"]) == ("running", "", 0)
    assert task["taskCreateTime"] == before["taskCreateTime"]
    assert list(shop.states().values()).count("running") == 1
    world.clock.advance(29.9)
    assert shop.states()[shop.ids[1]] == "running"
    world.clock.advance(0.1)
    task = shop.task(shop.ids[1])
    assert (task["taskStatus"], task["taskMessage"]) == ("success", "")
    assert task["taskFinishTime"] > before["taskFinishTime"]
    assert list(shop.states().values()).count("fail") == 2


def test_rerun_can_fail_and_be_retried_again(world: World) -> None:
    """A run that ended as fail again is retried like the first."""
    shop = world.failed(rerunSeconds=5, rerunStatus="fail", message="disk full")

    for _ in range(3):
        assert shop.retry(*shop.ids).status_code == 200
        assert shop.states() == {shop.ids[0]: "running"}
        world.clock.advance(5)
        task = shop.task(shop.ids[0])
        assert (task["taskStatus"], task["taskMessage"]) == ("fail", "disk full")


def test_retry_while_running_starts_nothing(world: World) -> None:
    """A retry of a task that runs is answered with 200 and does not prolong the run."""
    shop = world.failed(rerunSeconds=30)
    shop.retry(*shop.ids)
    world.clock.advance(20)

    assert shop.retry(*shop.ids).status_code == 200

    world.clock.advance(10)
    assert shop.states() == {shop.ids[0]: "success"}


def test_rerun_that_takes_no_time_shows(world: World) -> None:
    """A task whose run ends at once has another end than before."""
    shop = world.failed(rerunSeconds=0)
    before = shop.task(shop.ids[0])

    shop.retry(*shop.ids)

    after = shop.task(shop.ids[0])
    assert (after["taskStatus"], after["taskFinishTime"] > before["taskFinishTime"]) == ("success", True)


def test_only_failed_tasks_are_retried(world: World) -> None:
    """Of a mixed list the failed tasks run; those in other states and unknown ids change nothing."""
    kinds = ["success", "running", "fail"]
    shop = world.shipper(*({"status": kind, "createTime": world.now - 60 - n} for n, kind in enumerate(kinds)))
    before = [shop.task(id_) for id_ in shop.ids]

    answer = shop.retry("unknown", shop.ids[0], shop.ids[1], shop.ids[2].swapcase(), shop.ids[2][:-1])
    assert answer.status_code == 200
    assert [shop.task(id_) for id_ in shop.ids] == before

    assert shop.retry(*shop.ids, "unknown", "\x00", "日志").status_code == 200
    assert [shop.task(id_) for id_ in shop.ids[:2]] == before[:2]
    assert shop.states()[shop.ids[2]] == "running"


def test_ten_tasks_are_allowed(world: World) -> None:
    """Ten entries, repeated ones included, are run; an empty list is fine and runs nothing."""
    shop = world.failed(12)

    assert shop.retry().status_code == 200
    assert set(shop.states().values()) == {"fail"}
    assert shop.retry(*shop.ids[:9], shop.ids[0]).status_code == 200
    assert list(shop.states().values()).count("running") == 9


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (json.dumps(["x"] * 11), "ParameterInvalid"),
        ("{}", "PostBodyInvalid"),
        ('"id"', "PostBodyInvalid"),
        ("null", "PostBodyInvalid"),
        ("1", "PostBodyInvalid"),
        ("[1]", "PostBodyInvalid"),
        ("[null]", "PostBodyInvalid"),
        ('[["ID"]]', "PostBodyInvalid"),
        ('["ID"', "PostBodyInvalid"),
        ('["ID"] x', "PostBodyInvalid"),
        ("['ID']", "PostBodyInvalid"),
        ('["ID", 1]', "PostBodyInvalid"),
        ("\x00", "PostBodyInvalid"),
        ("[" * 100_000, "PostBodyInvalid"),
        ('["ID", "\\ud800"]', "PostBodyInvalid"),
        ("", "PostBodyInvalid"),
        (" ", "PostBodyInvalid"),
    ],
    ids=lambda value: value[:12],
)
def test_body_is_refused_and_nothing_runs(world: World, body: str, code: str) -> None:
    """A body that is no array of at most ten strings is refused with 400 and has no effect."""
    shop = world.failed(2)
    headers = {"Content-Type": "application/json"}

    answer = shop.call("PUT", content=body.replace("ID", shop.ids[0]), headers=headers)

    refused(answer, 400, code)
    assert set(shop.states().values()) == {"fail"}


def test_eleven_real_tasks_are_refused(world: World) -> None:
    """Eleven failed tasks are one too many, and none of them runs."""
    shop = world.failed(11)

    refused(shop.retry(*shop.ids), 400, "ParameterInvalid")
    assert set(shop.states().values()) == {"fail"}


def test_body_too_large_is_refused(world: World) -> None:
    """A body of more than a mebibyte is refused with 413."""
    shop = world.failed()

    refused(shop.retry("x" * 1_100_000), 413, "PostBodyTooLarge")


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/x-protobuf", ""], ids=["none", "text", "protobuf", "empty"]
)
def test_other_content_type_is_refused(world: World, content_type: str | None) -> None:
    """A body that is not declared as JSON is refused."""
    shop = world.failed()
    headers = signed(shop, "PUT", json.dumps(shop.ids).encode(), content_type)

    refused(shop.call("PUT", content=json.dumps(shop.ids), headers=headers, auth=None), 400, "InvalidContentType")


def signed(shop: Shop, method: str, body: bytes, content_type: str | None) -> dict[str, str]:
    """Return the headers of a request with any content type, or without one."""
    headers = signed_headers(
        method,
        shop.path,
        body,
        key_id=KEY_ID,
        secret=SECRET,
        date=formatdate(shop.world.clock(), usegmt=True),
        content_type=content_type or "",
    )
    if content_type is None:
        del headers["Content-Type"]
    return headers


def test_sixteen_simultaneous_retries_start_one_run(world: World) -> None:
    """Of many simultaneous retries of one task exactly one starts it."""
    shop = world.failed(rerunSeconds=30, rerunStatus="fail")
    ready = threading.Barrier(16)

    def retry(_: int) -> int:
        with httpx.Client(base_url=world.base_url) as http:
            mine = replace(shop, world=replace(world, http=http))
            mine.get()
            ready.wait(10)
            return mine.retry(*shop.ids).status_code

    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(retry, range(16)))

    assert statuses == [200] * 16
    assert shop.states() == {shop.ids[0]: "running"}


# Who is let in


@pytest.mark.parametrize(
    ("header", "value", "status", "code"),
    [
        ("Authorization", None, 400, "MissingParameter"),
        ("Authorization", "LOG retryspec-id", 400, "ParameterInvalid"),
        ("Authorization", "Basic cmV0cnlzcGVjLWlkOng=", 400, "ParameterInvalid"),
        ("Authorization", "LOG somebody:xxxxxxxxxxxxxxxxxxxxxxxxxxx=", 401, "Unauthorized"),
        ("Authorization", "LOG retryspec-id:xxxxxxxxxxxxxxxxxxxxxxxxxxx=", 401, "SignatureNotMatch"),
        ("Authorization", "LOG retryspec-id:\xe9", 401, "SignatureNotMatch"),
        ("Date", None, 400, "MissingParameter"),
        ("Date", "yesterday", 400, "InvalidRequestTime"),
        ("Date", "Wed, 11 Nov 2015 08:28:19", 400, "InvalidRequestTime"),
        ("Date", "Wed, 11 Nov 2015 08:28:19 GMT", 400, "RequestTimeExpired"),
        ("x-log-apiversion", "0.6.1", 401, "SignatureNotMatch"),
        ("Content-MD5", "0" * 32, 401, "SignatureNotMatch"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_request_is_not_let_in(
    world: World, method: str, header: str, value: str | None, status: int, code: str
) -> None:
    """A request that is not rightly signed is refused, with the code of its fault, and has no effect."""
    shop = world.failed()
    body = json.dumps(shop.ids).encode() if method == "PUT" else b""
    headers = signed(shop, method, body, "application/json")
    headers.pop(header, None)
    if value is not None:
        headers[header] = value

    refused(shop.call(method, content=body, headers=encoded(headers), auth=Unchanged(header, value)), status, code)
    assert shop.states() == {shop.ids[0]: "fail"}


def encoded(headers: dict[str, str]) -> dict[str, str]:
    """Return headers that httpx can send: it encodes values as ASCII."""
    return {name: value for name, value in headers.items() if value.isascii()}


class Unchanged(httpx.Auth):
    """Sends a header as it is, one that httpx would not take included, or leaves it out."""

    def __init__(self, name: str, value: str | None) -> None:
        self.name, self.value = name, value

    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override] # a generator
        """Send the request once."""
        request.headers.pop(self.name, None)
        raw = [(name, value) for name, value in request.headers.raw if name.lower() != self.name.lower().encode()]
        if self.value is not None:
            raw.append((self.name.encode(), self.value.encode("latin-1")))
        request.headers = httpx.Headers(raw)
        yield request


def test_body_is_covered_through_its_digest(world: World) -> None:
    """A body without a Content-MD5, or another one than was signed, is refused and has no effect."""
    shop = world.failed(2)
    body = json.dumps(shop.ids[:1]).encode()
    headers = signed(shop, "PUT", body, "application/json")
    bare = {name: value for name, value in headers.items() if name not in ("Content-MD5", "Authorization")}
    bare["Authorization"] = authorization(KEY_ID, sign(SECRET, string_to_sign("PUT", shop.path, bare.items())))

    other = shop.call("PUT", content=json.dumps(shop.ids[1:]), headers=headers, auth=None)
    none = shop.call("PUT", content=body, headers=bare, auth=None)

    refused(other, 401, "SignatureNotMatch")
    refused(none, 400, "MissingParameter")
    assert set(shop.states().values()) == {"fail"}
    assert shop.call("PUT", content=body, headers=headers, auth=None).status_code == 200


@pytest.mark.parametrize(
    ("extra", "without", "code"),
    [
        ([("x-log-apiversion", "0.7.0")], None, "InvalidAPIVersion"),
        ([("x-log-signaturemethod", "hmac-sha256")], None, "InvalidSignatureMethod"),
        ([], "x-log-apiversion", "MissingParameter"),
        ([], "x-log-signaturemethod", "MissingParameter"),
    ],
)
def test_common_header_is_refused(world: World, extra: list[tuple[str, str]], without: str | None, code: str) -> None:
    """A common header that says what is not supported, or is left out, is refused though it is rightly signed."""
    shop = world.failed()
    headers = rightly_signed(shop, extra=extra, without=without)

    answer = shop.call("GET", f"{shop.path}?from={world.now - 60}&to={world.now}", headers=headers, auth=None)

    refused(answer, 400, code)


def rightly_signed(shop: Shop, *, extra: list[tuple[str, str]], without: str | None = None) -> dict[str, str]:
    """Return the headers of a GET of the last minute, signed as they are sent, one of them left out."""
    target = f"{shop.path}?from={shop.world.now - 60}&to={shop.world.now}"
    headers = signed_headers(
        "GET", target, key_id=KEY_ID, secret=SECRET, date=formatdate(shop.world.clock(), usegmt=True), extra=extra
    )
    kept = {name: value for name, value in headers.items() if name not in (without, "Authorization")}
    return {**kept, "Authorization": authorization(KEY_ID, sign(SECRET, string_to_sign("GET", target, kept.items())))}


def test_minimal_and_full_headers_are_accepted(world: World) -> None:
    """Neither a body size nor x-log-date is needed, and a security token, a type on a GET and x-log-date do no harm."""
    shop = world.failed()
    target = f"{shop.path}?from={world.now - 60}&to={world.now}"
    now = formatdate(world.clock(), usegmt=True)
    more = [
        ("x-log-date", now),
        ("x-acs-security-token", "token"),
        ("Content-Type", "application/x-protobuf"),
        ("Accept", "application/json"),
    ]

    minimal = shop.call("GET", target, headers=rightly_signed(shop, extra=[], without="x-log-bodyrawsize"), auth=None)
    full = shop.call("GET", target, headers=rightly_signed(shop, extra=more), auth=None)

    assert (minimal.status_code, full.status_code) == (200, 200)


@pytest.mark.parametrize(("seconds", "status"), [(0, 200), (890, 200), (-890, 200), (910, 400), (-910, 400)])
def test_date_may_be_a_quarter_of_an_hour_off(world: World, seconds: int, status: int) -> None:
    """A request is taken up to 15 minutes before or after its date."""
    shop = world.failed()

    answer = shop.call(
        "GET",
        params={"from": world.now - 60, "to": world.now},
        headers={"Date": formatdate(world.clock() + seconds, usegmt=True)},
    )

    assert answer.status_code == status


def test_signature_for_one_project_serves_another(world: World) -> None:
    """The host is not signed; which project is meant is decided by Host alone."""
    shop, other = world.failed(), world.failed()
    target = f"{shop.path}?from={world.now - 60}&to={world.now}"
    headers = rightly_signed(shop, extra=[])

    right = shop.call("GET", target, headers=headers, auth=None)
    moved = shop.call("GET", target, headers={**headers, "Host": f"{other.project}.sls.test:80"}, auth=None)

    assert right.status_code == 200
    refused(moved, 404, "LogStoreNotExist")


# Answers


def test_request_ids_differ_and_begin_with_the_time(world: World) -> None:
    """A request id is 24 upper-case hexadecimal digits, begins with the Unix time and is not given twice."""
    shop = world.failed()

    ids = [shop.get().headers["x-log-requestid"] for _ in range(20)]

    assert len(set(ids)) == 20
    for id_ in ids:
        assert len(id_) == 24
        assert id_ == id_.upper()
        assert int(id_[:8], 16) == world.now
        int(id_, 16)


def test_answers_are_dated_by_the_clock_once(world: World) -> None:
    """Every answer has one Date, that of the server's clock."""
    answer = world.failed().get()

    assert len(answer.headers.get_list("date")) == 1
    assert parsedate_to_datetime(answer.headers["date"]).timestamp() == world.now


@pytest.mark.parametrize("method", ["POST", "DELETE", "PATCH", "OPTIONS", "TRACE", "QUERY", "FOO"])
def test_other_method_is_refused(world: World, method: str) -> None:
    """A method that the path does not have is refused with 405 and the methods that it has."""
    answer = world.failed().call(method)

    refused(answer, 405, "InvalidMethod")
    assert answer.headers["allow"] == "GET, PUT"


def test_head_is_refused_without_a_body(world: World) -> None:
    """HEAD is none of the methods, and its answer has no body."""
    answer = world.failed().call("HEAD")

    assert (answer.status_code, answer.content) == (405, b"")


@pytest.mark.parametrize("path", ["/nothing", "/logstores", "/logstores/a/shipper/b", "/logstores/a/shipper/b/tasks/"])
def test_unknown_path_is_a_404_with_an_error_body(world: World, path: str) -> None:
    """A path that the API does not have is answered in the API's words."""
    refused(world.failed().call("GET", path), 404, "NotFound")


def test_fault_is_an_internal_error_everywhere(world: World) -> None:
    """Every request that names a shipper with a fault is answered with 500; its neighbours are well."""
    shop = world.shipper({"status": "fail", "createTime": world.now - 60}, fault="internal")

    refused(shop.get(), 500, "InternalServerError")
    refused(shop.retry(*shop.ids), 500, "InternalServerError")
    refused(shop.get(status="bogus"), 500, "InternalServerError")
    refused(shop.retry("x" * 20, *range(3)), 500, "InternalServerError")
    assert shop.neighbour(0).get().status_code == 200
    assert shop.neighbour(1).get().status_code == 200


def test_body_may_come_in_chunks(world: World) -> None:
    """A retry whose body comes in chunks, without a length, is taken."""
    shop = world.failed()
    body = json.dumps(shop.ids).encode()
    headers = signed(shop, "PUT", body, "application/json") | {"Transfer-Encoding": "chunked"}

    answer = shop.call("PUT", content=iter([body[:5], body[5:]]), headers=headers, auth=None)

    assert answer.status_code == 200
    assert shop.states() == {shop.ids[0]: "running"}


def test_request_may_be_in_absolute_form(world: World) -> None:
    """A request line with the whole address, as a proxy's client sends it, is taken."""
    shop = world.failed()
    headers = rightly_signed(shop, extra=[])
    target = f"http://{shop.project}.sls.test{shop.path}?from={world.now - 60}&to={world.now}"
    lines = [f"GET {target} HTTP/1.1", f"Host: {shop.project}.sls.test", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]

    address = urlsplit(world.base_url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        with connection.makefile("rb") as received:
            status = received.readline()

    assert status == b"HTTP/1.1 200 OK\r\n"
