"""The stubs of a server and of a client, talking to each other over loopback."""

import contextlib
import http.client
import json
import re
import socket
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from retryspec_models import sls
from retryspec_models.sls.stubs import (
    Call,
    Client,
    GetShipperStatusError,
    Problem,
    Reason,
    Refusal,
    RetryShipperTaskError,
    UnexpectedAnswer,
    Where,
    routes,
)
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Mount
from starlette.types import ASGIApp

README = Path(__file__).parents[2] / "generated" / "README.md"
PATH = "/logstores/app-logs/shipper/to-oss/tasks"
WINDOW = "?from=1448865398&to=1448948198"
TASK = sls.ShipperTask(
    id="t-1",
    task_status=sls.TaskStatus.fail,
    task_message="disk full",
    task_create_time=1448925013,
    task_last_data_receive_time=1448915013,
    task_finish_time=1448926013,
)
PAGE = sls.ShipperTaskPage(
    count=1, total=1, statistics=sls.ShipperTaskStatistics(running=0, success=0, fail=1), tasks=[TASK]
)


@dataclass
class Recorder:
    """A server that notes what it was asked, and answers what it is told to."""

    said: list[Any] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    error: Exception | None = None
    closed: bool = False

    def get_shipper_status(self, call: Call, **given: object) -> sls.ShipperTaskPage:
        """One page, whatever is asked for."""
        self.said.append(given)
        if self.error:
            raise self.error
        return PAGE

    def retry_shipper_task(self, call: Call, **given: object) -> None:
        """Nothing but a note."""
        self.said.append(given)

    def admit(self, call: Call) -> None:
        """Everybody, unless closed."""
        self.calls.append(call)
        if self.closed:
            raise Refusal(401, error("Unauthorized"), {"X-Why": "closed"})

    def invalid(self, call: Call, problem: Problem) -> Refusal:
        """413 for what is too large, else 400."""
        self.problems.append(problem)
        return Refusal(413 if problem.reason is Reason.TOO_LARGE else 400, error("ParameterInvalid"))

    def method_not_allowed(self, call: Call, allow: object) -> Refusal:
        """405."""
        self.calls.append(call)
        return Refusal(405, error("InvalidMethod"))

    def failed(self, call: Call, cause: Exception) -> Refusal:
        """500."""
        return Refusal(500, error("InternalServerError"))

    def finish(self, call: Call, response: Response) -> Response:
        """The same with a request id."""
        response.headers["x-log-requestid"] = "5642FC2399248C8F7B0145FD"
        return response


def error(code: str) -> sls.Error:
    """An error body."""
    return sls.Error(error_code=code, error_message="because")


@contextlib.contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """The address at which an application answers as long as the block lasts."""
    # With the protocol named, asyncio switches Nagle's algorithm off; else a body waits 40 ms for its header's receipt.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        config = uvicorn.Config(app, log_level="critical", lifespan="off", ws="none", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Recorder, str]]:
    """One server for all tests of this file."""
    recorder = Recorder()
    with served(Starlette(routes=routes(recorder, body_limit=1000))) as base_url:
        yield recorder, base_url


@pytest.fixture
def server(running: tuple[Recorder, str]) -> Recorder:
    """The server, with nothing noted."""
    recorder = running[0]
    recorder.__init__()  # type: ignore[misc]
    return recorder


@pytest.fixture
def wire(running: tuple[Recorder, str], server: Recorder) -> Iterator[httpx.Client]:
    """A plain client of the server."""
    with httpx.Client(base_url=running[1]) as client:
        yield client


def raw(base_url: str, method: str, target: str) -> int:
    """The status of a request whose target goes out byte by byte as it is."""
    connection = http.client.HTTPConnection(base_url.removeprefix("http://"))
    try:
        connection.putrequest(method, target, skip_host=target.startswith("http"))
        if target.startswith("http"):
            connection.putheader("Host", "sls.test")
        connection.endheaders()
        return connection.getresponse().status
    finally:
        connection.close()


def test_parameters_are_decoded_with_defaults(server: Recorder, wire: httpx.Client) -> None:
    """Absent parameters have the document's defaults, and present ones their types."""
    wire.get(PATH + WINDOW)
    wire.get(f"{PATH}{WINDOW}&status=fail&offset=7&size=500&unknown=%ff")

    assert server.said == [
        {
            "logstore_name": "app-logs",
            "shipper_name": "to-oss",
            "from_": 1448865398,
            "to": 1448948198,
            "status": sls.StatusFilter.empty,
            "offset": 0,
            "size": 100,
        },
        {
            "logstore_name": "app-logs",
            "shipper_name": "to-oss",
            "from_": 1448865398,
            "to": 1448948198,
            "status": sls.StatusFilter.fail,
            "offset": 7,
            "size": 500,
        },
    ]


def test_success_is_the_model_by_its_wire_names(server: Recorder, wire: httpx.Client) -> None:
    """The body has the vendor's names, and members that were not given are absent."""
    response = wire.get(PATH + WINDOW)

    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.json()["tasks"] == [
        {
            "id": "t-1",
            "taskStatus": "fail",
            "taskMessage": "disk full",
            "taskCreateTime": 1448925013,
            "taskLastDataReceiveTime": 1448915013,
            "taskFinishTime": 1448926013,
        }
    ]


def test_empty_success_has_no_content_type(server: Recorder, wire: httpx.Client) -> None:
    """A success without a body says that it is empty, and names no type."""
    response = wire.put(PATH, json=["t-1"])

    assert (response.status_code, response.content, response.headers["content-length"]) == (200, b"", "0")
    assert "content-type" not in response.headers
    assert server.said[0]["body"] == sls.RetryTaskIds(["t-1"])


PROBLEMS = {
    "required": ("?to=2", "from", Reason.MISSING),
    "empty number": ("?from=&to=2", "from", Reason.MALFORMED),
    "word": ("?from=abc&to=2", "from", Reason.MALFORMED),
    "fraction": ("?from=1.0&to=2", "from", Reason.MALFORMED),
    "blank": ("?from=+1&to=2", "from", Reason.MALFORMED),
    "underscore": ("?from=1_0&to=2", "from", Reason.MALFORMED),
    "other digits": ("?from=%D9%A1&to=2", "from", Reason.MALFORMED),
    "negative": ("?from=-1&to=2", "from", Reason.OUT_OF_RANGE),
    "more than 64 bits": ("?from=9223372036854775808&to=2", "from", Reason.OUT_OF_RANGE),
    "thousands of digits": (f"?from={'9' * 5000}&to=2", "from", Reason.OUT_OF_RANGE),
    "not UTF-8": ("?from=%ff&to=2", "from", Reason.MALFORMED),
    "not listed": (f"{WINDOW}&status=Fail", "status", Reason.NOT_ALLOWED),
    "too much": (f"{WINDOW}&size=501", "size", Reason.OUT_OF_RANGE),
    "first of two": (f"{WINDOW}&size=x&size=1", "size", Reason.MALFORMED),
}


@pytest.mark.parametrize("case", PROBLEMS)
def test_parameter_that_cannot_be_decoded_is_a_problem(server: Recorder, wire: httpx.Client, case: str) -> None:
    """The server hears which parameter it is and why; the operation is not called."""
    query, name, reason = PROBLEMS[case]

    response = wire.get(PATH + query)

    assert response.status_code == 400
    assert [(problem.where, problem.name, problem.reason) for problem in server.problems] == [
        (Where.QUERY, name, reason)
    ]
    assert server.said == []


BODIES = {
    "none": (b"", "", Reason.MISSING),
    "cut short": (b'["t-1"', "", Reason.MALFORMED),
    "not UTF-8": (b'["\xff"]', "", Reason.MALFORMED),
    "half a character": (rb'["\ud800"]', "", Reason.MALFORMED),
    "nested deeply": (b"[" * 900, "", Reason.MALFORMED),
    "object": (b"{}", "", Reason.WRONG_TYPE),
    "null": (b"null", "", Reason.WRONG_TYPE),
    "number inside": (b'["t-1", 2]', "/1", Reason.WRONG_TYPE),
    "eleven": (json.dumps(["t"] * 11).encode(), "", Reason.TOO_LONG),
    "too large": (b'["' + b"t" * 1000 + b'"]', "", Reason.TOO_LARGE),
}


@pytest.mark.parametrize("case", BODIES)
def test_body_that_cannot_be_decoded_is_a_problem(server: Recorder, wire: httpx.Client, case: str) -> None:
    """The server hears what is wrong with the body and where; the operation is not called."""
    body, pointer, reason = BODIES[case]

    response = wire.put(PATH, content=body)

    assert response.status_code == (413 if reason is Reason.TOO_LARGE else 400)
    assert [(problem.where, problem.name, problem.reason) for problem in server.problems] == [
        (Where.BODY, pointer, reason)
    ]
    assert server.said == []


def test_body_of_megabytes_gets_its_answer(server: Recorder, wire: httpx.Client) -> None:
    """A client that reads the answer only after it has sent everything gets one, with and without a length."""
    chunks = [b" " * 100_000] * 30

    assert wire.put(PATH, content=b"".join(chunks)).status_code == 413
    assert wire.put(PATH, content=iter(chunks)).status_code == 413
    assert wire.put(PATH, json=["t-1"]).status_code == 200


def test_admission_comes_before_decoding(server: Recorder, wire: httpx.Client) -> None:
    """A call that is not let in is refused for that, whatever else is wrong with it."""
    server.closed = True

    response = wire.get(f"{PATH}?from=abc")

    assert (response.status_code, response.headers["x-why"]) == (401, "closed")
    assert server.problems == []


def test_call_is_as_received(server: Recorder, wire: httpx.Client) -> None:
    """What is signed can be had byte by byte, and what is to be read as text."""
    wire.put("/logstores/a%2Fb/shipper/%E6%97%A5/tasks?x=%41+b&y", content=b"[]", headers={"X-Log-Date": "now"})

    [call] = server.calls
    assert (call.operation_id, call.method, call.body) == ("retryShipperTask", "PUT", b"[]")
    assert (call.raw_path, call.raw_query) == (b"/logstores/a%2Fb/shipper/%E6%97%A5/tasks", b"x=%41+b&y")
    assert call.path == "/logstores/a/b/shipper/日/tasks"
    assert call.path_parameters == {"logstoreName": "a/b", "shipperName": "日"}
    assert call.query == [("x", "A b"), ("y", "")]
    assert (call.header("X-LOG-DATE"), call.header("absent")) == ("now", None)


def test_path_that_is_not_utf8_is_a_problem(
    running: tuple[Recorder, str], server: Recorder, wire: httpx.Client
) -> None:
    """Bytes that are no text are refused as such, not as an internal error."""
    assert raw(running[1], "GET", "/logstores/%ff/shipper/to-oss/tasks" + WINDOW) == 400
    assert [(problem.where, problem.name) for problem in server.problems] == [(Where.PATH, "logstoreName")]
    assert server.calls[0].path_parameters["logstoreName"] == "\ufffd"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        f"{PATH}/",
        f"/{PATH}",
        "/logstores//shipper/to-oss/tasks",
        "/logstores/app-logs/shipper/to-oss%2Ftasks",
        "/logstores/app-logs/shipper/to-oss/Tasks",
        "/logstores/app-logs/shipper/to-oss",
    ],
)
def test_other_paths_are_not_found(running: tuple[Recorder, str], server: Recorder, path: str) -> None:
    """A path is another one when a segment is empty, missing, too much or spelled otherwise; it is not redirected."""
    assert raw(running[1], "GET", path + WINDOW) == 404


@pytest.mark.parametrize("method", ["HEAD", "POST", "DELETE", "OPTIONS", "TRACE", "QUERY", "get"])
def test_other_methods_are_not_allowed(
    running: tuple[Recorder, str], server: Recorder, wire: httpx.Client, method: str
) -> None:
    """The answer to a method that is not documented names those that are."""
    connection = http.client.HTTPConnection(running[1].removeprefix("http://"))
    connection.request(method, PATH)
    response = connection.getresponse()
    connection.close()

    assert (response.status, response.headers["allow"]) == (405, "GET, PUT")
    assert response.headers["x-log-requestid"]
    assert server.calls[0].operation_id is None


def test_encoded_literal_is_the_same_path(running: tuple[Recorder, str], server: Recorder) -> None:
    """A letter and its percent-encoding are the same, as is the form with an origin that goes to a proxy."""
    assert raw(running[1], "GET", "/%6Cogstores/app-logs/shipper/to-oss/tasks" + WINDOW) == 200
    assert raw(running[1], "GET", "http://sls.test" + PATH + WINDOW) == 200


def test_routes_work_below_a_mount_and_a_prefix(server: Recorder) -> None:
    """Where an application is mounted does not matter to its routes."""
    app = Starlette(routes=[Mount("/deep er", routes=routes(server, prefix="/api/v1"))])

    with served(app) as base_url, httpx.Client(base_url=f"{base_url}/deep%20er/api/v1") as wire:
        assert wire.get(PATH + WINDOW).status_code == 200
        assert wire.get(PATH.replace("app-logs", "a%2Fb") + WINDOW).status_code == 200
        assert server.said[1]["logstore_name"] == "a/b"


def test_unforeseen_error_is_answered_by_the_server(server: Recorder, wire: httpx.Client) -> None:
    """An exception of an operation ends in the server's own answer, which passes `finish` as well."""
    server.error = ZeroDivisionError()

    response = wire.get(PATH + WINDOW)

    assert (response.status_code, response.json()["errorCode"]) == (500, "InternalServerError")
    assert response.headers["x-log-requestid"]


NAMES = ["app-logs", "a/b", "..", ".", "日志", "a b", "50%", "%41", "a?b#c", "a+b&c=d", ";", "\ufffd", "~" * 200]


@pytest.mark.parametrize("name", NAMES)
def test_client_and_server_agree_on_names(server: Recorder, wire: httpx.Client, name: str) -> None:
    """Whatever a name is, the server gets the one that the client was given."""
    Client(wire).get_shipper_status(logstore_name=name, shipper_name=name, from_=1, to=2)

    assert server.said[0]["logstore_name"] == name
    assert server.said[0]["shipper_name"] == name


def test_client_returns_models(server: Recorder, wire: httpx.Client) -> None:
    """A success is the model, or None, and fixed headers are sent."""
    client = Client(wire)
    page = client.get_shipper_status(
        logstore_name="app-logs", shipper_name="to-oss", from_=1, to=2, status=sls.StatusFilter.fail, size=0
    )
    client.retry_shipper_task(logstore_name="app-logs", shipper_name="to-oss", body=sls.RetryTaskIds(["日", "t-2"]))

    assert page == PAGE
    assert (server.said[0]["status"], server.said[0]["size"]) == (sls.StatusFilter.fail, 0)
    assert server.said[1]["body"].root == ["日", "t-2"]
    assert server.calls[0].header("x-log-apiversion") == "0.6.0"
    assert server.calls[1].header("content-type") == "application/json"
    assert server.calls[0].raw_query == b"from=1&to=2&status=fail&size=0"


def test_client_raises_documented_errors(server: Recorder, wire: httpx.Client) -> None:
    """An error that the document lists is the operation's exception, with the body that belongs to the status."""
    server.closed = True

    with pytest.raises(GetShipperStatusError) as caught:
        Client(wire).get_shipper_status(logstore_name="a", shipper_name="b", from_=1, to=2)

    assert caught.value.status == 401
    assert isinstance(caught.value.error, sls.UnauthorizedError)
    assert caught.value.error.error_code is sls.UnauthorizedErrorCode.unauthorized
    assert caught.value.response.headers["x-log-requestid"]


UNDOCUMENTED: Mapping[str, httpx.Response] = {
    "another status": httpx.Response(422, json={"detail": []}),
    "another success": httpx.Response(202),
    "no JSON": httpx.Response(400, text="<html>"),
    "another body": httpx.Response(400, json={"error_code": "ParameterInvalid", "error_message": "x"}),
    "another code": httpx.Response(400, json={"errorCode": "Surprise", "errorMessage": "x"}),
}


@pytest.mark.parametrize("case", UNDOCUMENTED)
def test_client_tells_undocumented_answers_apart(case: str) -> None:
    """An answer that the document does not allow is not taken for one of its errors."""
    transport = httpx.MockTransport(lambda _: UNDOCUMENTED[case])

    with httpx.Client(base_url="http://sls.test", transport=transport) as wire, pytest.raises(UnexpectedAnswer):
        Client(wire).retry_shipper_task(logstore_name="a", shipper_name="b", body=sls.RetryTaskIds([]))


def test_client_refuses_empty_name(wire: httpx.Client) -> None:
    """An empty name would make another path, so it is not sent."""
    with pytest.raises(ValueError, match="empty"):
        Client(wire).retry_shipper_task(logstore_name="", shipper_name="b", body=sls.RetryTaskIds([]))


def test_examples_of_the_readme_run(capsys: pytest.CaptureFixture[str]) -> None:
    """The server of the README serves the client of the README."""
    models, client, server = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(server, names)

    with served(names["app"]) as base_url:
        exec(models + client.replace("http://127.0.0.1:8080", base_url), {})

    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("1 {")
    assert printed[1] == "again: []"


def test_readme_shows_what_a_refused_retry_raises(server: Recorder, wire: httpx.Client) -> None:
    """The exception of the README's client is the one that a refused retry raises."""
    server.closed = True

    with pytest.raises(RetryShipperTaskError):
        Client(wire).retry_shipper_task(logstore_name="a", shipper_name="b", body=sls.RetryTaskIds(["t-1"]))
