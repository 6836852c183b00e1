"""A server of the SLS API as the suite sees it: signing, time, states from three sources, and the first call."""

import json
import re
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from retryspec.authentication import sls as signature
from retryspec.checks import Judge, Untestable
from retryspec.errors import RunError, UsageError
from retryspec.exchange import Exchange
from retryspec.session import RunOptions
from retryspec.suite.sls.connection import SlsConnection, connect
from retryspec.suite.sls.model import Shipper, TaskPlan
from retryspec.target import read_target_file
from selftest.raw_servers import Line, RawServer, raw_server

Connect = Callable[..., SlsConnection]
FAILED = TaskPlan("fail")
PAGE = {"count": 0, "total": 0, "statistics": {"running": 0, "success": 0, "fail": 0}, "tasks": []}


def json_answer(value: Any, status: int = 200, more: str = "") -> bytes:
    """An answer with a JSON body."""
    body = json.dumps(value)
    return f"HTTP/1.1 {status} X\r\n{more}Content-Length: {len(body)}\r\n\r\n{body}".encode()


def task_of(id_: str, status: str) -> dict[str, Any]:
    """A task of a page."""
    return {
        "id": id_, "taskStatus": status, "taskMessage": "", "taskCreateTime": int(time.time()) - 60,
        "taskLastDataReceiveTime": 0, "taskFinishTime": 0 if status == "running" else int(time.time()),
    }  # fmt: skip


def serving(answer: Callable[[bytes], bytes]) -> Callable[[Line], None]:
    """Answer every request of a connection by what it is."""

    def serve(line: Line) -> None:
        while True:
            line.send(answer(line.request()))

    return serve


def asked(server: RawServer) -> list[bytes]:
    """What a server was asked, but for the call that finds out whether its clock is far off."""
    return [request for request in server.requests if b"/asks-the-time/" not in request]


@pytest.fixture
def connected(tmp_path: Path) -> Iterator[Connect]:
    """Connects to a server."""
    connections: list[SlsConnection] = []

    def connected(server: RawServer, more: str = "", *, states: bool = False, **options: Any) -> SlsConnection:
        where = (
            f'states_url = "{server.base_url}/_states"' if states else 'project = "p"\nlogstore = "l"\nshipper = "s"'
        )
        file = tmp_path / "target.toml"
        file.write_text(
            f'[sls]\nbase_url = "{server.base_url}/base/"\nendpoint = "sls.test"\naccess_key_id = "an-id"\n'
            f'access_key_secret = "a-secret"\n{where}\n{more}\n'
        )
        connections.append(connect(read_target_file(file)["sls"], RunOptions(timeout=2, **options)))
        return connections[-1]

    yield connected
    for connection in connections:
        connection.session.close()


@pytest.fixture
def pages() -> Iterator[RawServer]:
    """A server that answers everything with an empty page."""
    with raw_server(serving(lambda _: json_answer(PAGE))) as server:
        yield server


# Requests


@pytest.mark.parametrize(("method", "body"), [("GET", None), ("PUT", b'["a"]'), ("PUT", b"")])
def test_request_is_signed(pages: RawServer, connected: Connect, method: str, body: bytes | None) -> None:
    """A request has the common headers and the signature of what goes out, below the base path."""
    request = connected(pages).wire.request(method, "p", "/logstores/l/shipper/s/tasks?b=2&a=1", body)

    claim = signature.parse_authorization(request.header("Authorization") or "")
    assert claim is not None
    assert claim.key_id == "an-id"
    assert request.target == "/base/logstores/l/shipper/s/tasks?b=2&a=1"
    assert signature.verify("a-secret", claim.signature, method, request.target, request.headers)
    assert request.header("Host") == "p.sls.test"
    assert request.header("x-log-bodyrawsize") == str(len(body or b""))
    assert request.header("Content-MD5") == (None if body is None else signature.content_md5(body))
    assert request.secrets == (claim.signature,)


def test_headers_can_be_changed_before_the_signature(pages: RawServer, connected: Connect) -> None:
    """A header can be added, replaced in any spelling, or left out; headers of the target file go along."""
    connection = connected(pages, 'headers = { X-Tenant = "t", Accept = "text/json" }')

    request = connection.wire.request("GET", "p", "/", headers={"x-LOG-apiversion": "9", "Date": None, "X-More": "1"})

    names = [name for name, _ in request.headers]
    assert "x-LOG-apiversion" in names
    assert "x-log-apiversion" not in names
    assert request.header("Date") is None
    assert (request.header("X-Tenant"), request.header("Accept"), request.header("X-More")) == ("t", "text/json", "1")
    value = signature.parse_authorization(request.header("Authorization") or "")
    assert value is not None
    assert signature.verify("a-secret", value.signature, "GET", request.target, request.headers)


def test_request_can_be_wrong_on_purpose(pages: RawServer, connected: Connect) -> None:
    """Another secret, another key, or no signature at all."""
    connection = connected(pages)
    right = connection.wire.request("GET", "p", "/a")

    other = connection.wire.request("GET", "p", "/a", secret="another")
    stranger = connection.wire.request("GET", "p", "/a", key_id="x")
    unsigned = connection.wire.request("GET", "p", "/a", headers={"Authorization": None})
    assert other.header("Authorization") != right.header("Authorization")
    assert (stranger.header("Authorization") or "").startswith("LOG x:")
    assert (unsigned.header("Authorization"), unsigned.secrets) == (None, ())


# Time


@pytest.mark.parametrize(
    ("away", "status", "taken"),
    [(7200, 401, 7200), (-7200, 403, -7200), (7200, 200, 0), (7200, 500, 0), (120, 200, 120), (1, 200, 0)],
)
def test_time_is_that_of_the_server(connected: Connect, away: int, status: int, taken: int) -> None:
    """A clock that is minutes off is followed; one that is hours off only if it shows in a refusal as well."""

    def answer(_: bytes) -> bytes:
        return json_answer(PAGE, status, f"Date: {formatdate(time.time() + away, usegmt=True)}\r\n")

    with raw_server(serving(answer)) as server:
        connection = connected(server)
        connection.wire.send(connection.wire.request("GET", "p", "/"))

        assert abs(connection.wire.now() - time.time() - taken) < 5


@pytest.mark.parametrize("date", ["", "nonsense", "Mon, 99 Foo 9999 99:99:99 GMT"])
def test_date_that_is_none_is_nothing(connected: Connect, date: str) -> None:
    """Without a readable Date the time is that of here."""
    with raw_server(serving(lambda _: json_answer(PAGE, 401, f"Date: {date}\r\n"))) as server:
        assert abs(connected(server).wire.now() - time.time()) < 5


# States


def test_states_are_asked_for_in_the_words_of_the_protocol(connected: Connect) -> None:
    """Every task is dated; what a check leaves open is not sent."""
    values = {
        "project": "p-1", "logstore": "l-1", "shipper": "s-1", "ids": ["a", "b"], "rerunsAsAsked": True,
        "neighbours": [{"logstore": "l-1", "shipper": "s-2", "ids": []}, {"logstore": 1}, "nonsense"],
    }  # fmt: skip
    with raw_server(serving(lambda _: json_answer(values))) as server:
        connection = connected(server, states=True)
        shipper = connection.shippers.get([FAILED, TaskPlan("success", 60, "done", 5, "fail")])
        wanted = json.loads(asked(server)[0].partition(b"\r\n\r\n")[2])

    now = time.time()
    first, second = wanted["params"]["tasks"]
    assert set(first) == {"status", "createTime"}
    assert now - 3600 < first["createTime"] < now
    assert abs(second.pop("createTime") - (now - 60)) < 5
    assert second == {"status": "success", "message": "done", "rerunSeconds": 5, "rerunStatus": "fail"}
    assert (shipper.project, shipper.name, shipper.fresh, shipper.promised) == ("p-1", "s-1", True, True)
    assert [(task.id, task.status) for task in shipper.tasks] == [("a", "fail"), ("b", "success")]
    assert [neighbour.name for neighbour in shipper.neighbours] == ["s-2"]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"project": "p", "logstore": "l", "shipper": "s"},
        {"project": "p", "logstore": "l", "shipper": "s", "ids": []},
        {"project": "p", "logstore": "l", "shipper": "s", "ids": ["a", "b"]},
        {"project": "p", "logstore": "l", "shipper": "s", "ids": [1]},
        {"project": "p", "logstore": "l", "shipper": "s", "ids": [""]},
        {"project": "p", "logstore": "l", "shipper": "s", "ids": "a"},
        {"project": 1, "logstore": "l", "shipper": "s", "ids": ["a"]},
        {"project": "p", "logstore": "", "shipper": "s", "ids": ["a"]},
        {"project": "p", "logstore": "l", "shipper": None, "ids": ["a"]},
    ],
)
def test_answer_of_a_provider_is_looked_at(connected: Connect, values: dict[str, Any]) -> None:
    """Anything but the names and one id for each task leaves a check untested."""
    with raw_server(serving(lambda _: json_answer(values))) as server:
        connection = connected(server, states=True)
        with pytest.raises(Untestable, match="was not answered as its protocol says"):
            connection.shippers.get([FAILED])


def test_promise_of_a_provider_is_the_word_true(connected: Connect) -> None:
    """Only `true` is a promise."""
    for word in ("true", 1, None):
        values = {"project": "p", "logstore": "l", "shipper": "s", "ids": ["a"], "rerunsAsAsked": word}
        with raw_server(serving(lambda _, values=values: json_answer(values))) as server:  # type: ignore[misc]  # bound at once
            assert connected(server, states=True).shippers.get([FAILED]).promised is False


def test_known_tasks_are_given_out_until_they_are_used_up(pages: RawServer, connected: Connect) -> None:
    """Tasks of the target file are used in their order; those that were retried have failed no longer."""
    connection = connected(pages, 'tasks = { fail = ["a", "b"], success = ["c"] }')

    shipper = connection.shippers.get([FAILED, TaskPlan("success")])
    assert (shipper.project, shipper.path) == ("p", "/logstores/l/shipper/s/tasks")
    assert (shipper.ids("fail"), shipper.ids("success"), shipper.fresh) == (["a"], ["c"], False)
    connection.shippers.spend(b'["a"]')
    assert connection.shippers.get([FAILED]).ids() == ["b"]
    connection.shippers.spend(b"nonsense")
    connection.shippers.spend(None)
    connection.shippers.spend(b'["b", 1, null]')
    with pytest.raises(Untestable, match=r"needs tasks with the status fail .*: 1; known or discovered are 0"):
        connection.shippers.get([FAILED])
    assert connection.shippers.get([FAILED], needed=False).tasks == ()


def test_known_tasks_that_failed_once_are_not_given_out(connected: Connect) -> None:
    """A known task that the list shows with another status is no longer what the target file says, as after a run."""
    listed = [task_of("a", "running"), task_of("b", "fail")]
    statistics = {"running": 1, "success": 0, "fail": 1}
    page = {"count": 2, "total": 2, "statistics": statistics, "tasks": listed}
    with raw_server(serving(lambda _: json_answer(page))) as server:
        connection = connected(server, 'tasks = { fail = ["a", "b", "old"] }')

        assert connection.shippers.get([FAILED, FAILED]).ids() == ["b", "old"]


def test_known_tasks_are_divided_between_processes(pages: RawServer, connected: Connect) -> None:
    """Two processes never get the same known task."""
    more = 'tasks = { fail = ["a", "b", "c"] }'

    first = connected(pages, more, share=(0, 2)).shippers.get([FAILED, FAILED])
    second = connected(pages, more, share=(1, 2)).shippers.get([FAILED])

    assert (first.ids(), second.ids()) == (["a", "c"], ["b"])


def test_tasks_are_discovered_where_none_are_known(connected: Connect) -> None:
    """Without known ids the status operation is asked, page by page, once."""

    def task(number: int) -> dict[str, Any]:
        return task_of(f"t{number}", "fail" if number % 2 else "success")

    def answer(request: bytes) -> bytes:
        offset = int((re.search(rb"offset=(\d+)", request) or [0, 0])[1])
        tasks = [task(number) for number in range(offset, min(offset + 3, 7))]
        statistics = {"running": 0, "success": 4, "fail": 3}
        return json_answer({"count": len(tasks), "total": 7, "statistics": statistics, "tasks": tasks})

    with raw_server(serving(answer)) as server:
        connection = connected(server, allow_retry=True)
        shipper = connection.shippers.get([FAILED, FAILED, FAILED])
        connection.shippers.get([TaskPlan("success")])

        assert shipper.ids() == ["t1", "t3", "t5"]
        assert len(asked(server)) == 3


def test_fault_needs_a_provider(pages: RawServer, connected: Connect) -> None:
    """An internal error cannot be had from known tasks."""
    with pytest.raises(Untestable, match="needs the provider state of a shipper that meets an internal error"):
        connected(pages).shippers.get([FAILED], fault=True)


# The first call


def test_smoke_is_one_request(pages: RawServer, connected: Connect) -> None:
    """A server that answers a valid call with success is taken."""
    connected(pages).smoke()

    [request] = asked(pages)
    assert request.startswith(b"GET /base/logstores/l/shipper/s/tasks?from=")
    assert b"\r\nHost: p.sls.test\r\n" in request


def test_smoke_takes_the_plain_form_as_well(connected: Connect) -> None:
    """A server that refuses what clients send beyond the contract's minimum is taken, and judged later."""
    with raw_server(serving(lambda r: json_answer({}, 400) if b"x-log-date" in r else json_answer(PAGE))) as server:
        connected(server).smoke()

        assert len(asked(server)) == 2


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (json_answer({"errorCode": "Unauthorized"}, 401), "refuses the credentials (401"),
        (json_answer({"errorCode": "AccessKeyIdNotFound"}, 400), "refuses the credentials (400"),
        (json_answer({}, 404), "See base_url, project, logstore and shipper"),
        (json_answer({}, 302, "Location: /login\r\n"), "not answer a valid status call with success but with 302"),
        (b"nonsense\r\n\r\n", "gives no answer: not a valid HTTP answer"),
    ],
)
def test_smoke_says_what_is_wrong(connected: Connect, answer: bytes, says: str) -> None:
    """A broken set-up is one message that names the server and what to look at."""
    with raw_server(serving(lambda _: answer)) as server, pytest.raises(RunError) as caught:
        connected(server).smoke()

    assert str(caught.value).startswith("sls: http://127.0.0.1:")
    assert says in str(caught.value)


def test_smoke_of_a_target_that_only_retries_is_a_retry(pages: RawServer, connected: Connect) -> None:
    """Where the status operation is not claimed the smallest retry has to do."""
    connected(pages, 'operations = ["retryShipperTask"]\ntasks = { fail = ["a"] }').smoke()

    [request] = asked(pages)
    assert request.startswith(b"PUT ")
    assert request.endswith(b'["a"]')


# What is shown


def test_record_of_an_exchange_holds_no_secret(connected: Connect) -> None:
    """Neither the secret nor the signature is in what is kept of an exchange, in whatever form they come back."""

    def answer(request: bytes) -> bytes:
        sent = re.search(rb"LOG an-id:(\S+)", request)
        assert sent is not None
        echo = sent[1].decode()
        return json_answer({"echo": echo, "secret": "a-secret", "code": "a%2Dsecret"}, more=f"X-Echo: {echo}\r\n")

    with raw_server(serving(answer)) as server:
        connection = connected(server)
        request = connection.wire.request("GET", "p", "/tasks")
        exchange = connection.wire.send(request)
        record = connection.session.record(exchange)
        judge = connection.session.judge("suite/sls/test_x.py::test_x", ("SLS-GET-01",))
        judge.expect("SLS-GET-01", False, exchange, expected="a page")

    shown = repr(record) + repr(judge.findings)
    assert "a-secret" not in shown
    assert request.secrets[0] not in shown
    assert record.status == 200


def test_record_of_an_exchange_is_cut(connected: Connect) -> None:
    """However long a body is, a report keeps its start; a secret at the cut is gone whole."""
    body = "x" * (64 * 1024 - 3) + "a-secret" + "y" * 100_000
    with raw_server(serving(lambda _: json_answer(body))) as server:
        connection = connected(server)
        record = connection.session.record(connection.wire.send(connection.wire.request("GET", "p", "/tasks")))

    assert len(record.response_body) <= 64 * 1024
    assert "a-s" not in record.response_body


def test_handle_has_the_judge_of_one_look(pages: RawServer, connected: Connect) -> None:
    """A check holds its own judge and asks its server through the connection."""
    connection = connected(pages)
    judge: Judge = connection.session.judge("suite/sls/test_x.py::test_x", ("SLS-GET-01",))

    sls = connection.handle(judge)
    answer = sls.get(Shipper("p", "l", "s"))

    assert sls.judge is judge
    assert isinstance(answer.exchange, Exchange)
    assert answer.page is not None
    assert answer.page.total == 0
    assert "SLS-COMMON-11" in {finding.behaviour for finding in judge.findings}


def test_table_says_where_tasks_are(tmp_path: Path) -> None:
    """Without a provider the names are needed, and statuses have to be known ones."""
    start = '[sls]\nbase_url = "http://h"\naccess_key_id = "a"\naccess_key_secret = "b"\n'
    file = tmp_path / "target.toml"

    for more, says in (
        ("", "states_url is missing; without it project, logstore and shipper are needed"),
        ('project = "p"\nlogstore = "l"\n', "states_url is missing"),
        ('states_url = "http://h"\ntasks = { failed = ["a"] }\n', ":6: .*has the status 'failed'; known are"),
    ):
        file.write_text(start + more)
        with pytest.raises(UsageError, match=says):
            connect(read_target_file(file)["sls"], RunOptions())
