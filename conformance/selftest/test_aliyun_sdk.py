"""The vendor's Python client, unchanged, against the reference server (fact sheet, 7.4, way 1).

Only name resolution is patched, so that a made-up domain leads to loopback: Host is as in real life.
"""

import importlib
import socket
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import httpx
import pytest
from retryspec.reference.app import application
from retryspec.reference.serve import running

with warnings.catch_warnings():
    # The client and what it builds on use deprecated parts of the standard library when they are imported.
    warnings.simplefilter("ignore", DeprecationWarning)
    # As Any: what it says of its own types does not hold.
    log: Any = importlib.import_module("aliyun.log")

DOMAIN = "cn-test.sls.example"
LOGSTORE, SHIPPER = "app-logs", "to-oss"


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    """A server with provider states and with the sample."""
    with running(application(["sls"], provider_states=True, sample=True)) as base_url:
        yield base_url


Client: TypeAlias = Any  # the vendor's
Connect: TypeAlias = Callable[[str], Client]
"""Makes a client with a secret."""


@pytest.fixture
def connect(base_url: str, monkeypatch: pytest.MonkeyPatch) -> Connect:
    """What makes the vendor's client as a user makes it."""
    monkeypatch.setenv("NO_PROXY", "*")
    resolve = socket.getaddrinfo

    def to_loopback(host: Any, *arguments: Any, **options: Any) -> Any:
        """Resolve the made-up domain to loopback."""
        return resolve("127.0.0.1" if str(host).endswith(DOMAIN) else host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", to_loopback)
    endpoint = f"http://{DOMAIN}:{urlsplit(base_url).port}"
    return lambda secret: log.LogClient(endpoint, "retryspec-id", secret, source="127.0.0.1")


@pytest.fixture
def client(connect: Connect) -> Client:
    """The vendor's client with the right secret."""
    return connect("retryspec-secret")


def made(base_url: str, *tasks: dict[str, object], **params: object) -> tuple[dict[str, Any], tuple[str, str, str]]:
    """Return what a provider state answers, and the three names that lead to the shipper."""
    body = {"action": "setup", "state": "a shipper with tasks", "params": {"tasks": tasks, **params}}
    answer: dict[str, Any] = httpx.post(f"{base_url}/_states", json=body, timeout=30).json()
    return answer, (answer["project"], answer["logstore"], answer["shipper"])


def window() -> tuple[int, int]:
    """Return the last two days."""
    now = int(time.time())
    return now - 47 * 3600, now + 60


def test_client_lists_and_filters(client: Client) -> None:
    """The client reads a page, its statistics and its tasks, and filters by status."""
    page = client.get_shipper_tasks("demo", LOGSTORE, SHIPPER, *window())
    failed = client.get_shipper_tasks("demo", LOGSTORE, SHIPPER, *window(), status_type="fail")

    assert page.get_count() == page.get_total() == len(page.get_tasks())
    assert len(page.get_request_id()) == 24
    assert page.get_running_task_count() == len(page.get_running_task_ids()) > 0
    assert page.get_success_task_count() == len(page.get_success_task_ids()) > 0
    assert page.get_fail_task_count() == len(page.get_fail_task_ids()) > 0
    assert failed.get_fail_task_ids() == page.get_fail_task_ids()
    assert failed.get_count() == page.get_fail_task_count()


def test_client_retries_failed_tasks(client: Client, base_url: str) -> None:
    """The client retries failed tasks and then sees them running."""
    now = int(time.time())
    answer, names = made(base_url, *({"status": "fail", "createTime": now - 60 - n} for n in range(10)))

    done = client.retry_shipper_tasks(*names, answer["ids"])

    assert len(done.get_request_id()) == 24
    page = client.get_shipper_tasks(*names, *window())
    assert sorted(page.get_running_task_ids()) == sorted(answer["ids"])
    assert page.get_fail_task_ids() == []


def test_client_pages_through_all_tasks(client: Client, base_url: str) -> None:
    """The client pages through more than 500 tasks when it is asked for all."""
    now = int(time.time())
    answer, names = made(base_url, *({"status": "success", "createTime": now - 60 - n} for n in range(1203)))

    page = client.get_shipper_tasks(*names, *window(), size=-1)

    assert page.get_count() == 1203
    assert sorted(task.task_id for task in page.get_tasks()) == sorted(answer["ids"])


@pytest.mark.parametrize(
    ("names", "status", "code"),
    [
        (("no-such-project", LOGSTORE, SHIPPER), 404, "ProjectNotExist"),
        (("demo", "no-such-logstore", SHIPPER), 404, "LogStoreNotExist"),
        (("demo", LOGSTORE, "no-such-shipper"), 400, "ShipperNotExist"),
    ],
)
def test_client_reports_unknown_names(client: Client, names: tuple[str, str, str], status: int, code: str) -> None:
    """The client raises the error code and the request id of what does not exist."""
    calls: list[Callable[[], object]] = [
        lambda: client.get_shipper_tasks(*names, *window()),
        lambda: client.retry_shipper_tasks(*names, ["task-id-1"]),
    ]

    for call in calls:
        with pytest.raises(log.LogException) as raised:
            call()

        assert raised.value.get_error_code() == code
        assert raised.value.get_resp_status() == status
        assert len(raised.value.get_request_id()) == 24
        assert raised.value.get_error_message()


def test_client_reports_refused_input(client: Client) -> None:
    """The client raises what the server says about a window, a status or a list that is not allowed."""
    from_, to = window()
    names = ("demo", LOGSTORE, SHIPPER)
    refusals: list[tuple[str, Callable[[], object]]] = [
        ("ParameterInvalid", lambda: client.get_shipper_tasks(*names, to, from_)),
        ("ParameterInvalid", lambda: client.get_shipper_tasks(*names, from_ - 2 * 86400, to)),
        ("ParameterInvalid", lambda: client.get_shipper_tasks(*names, from_, to, status_type="bogus")),
        ("ParameterInvalid", lambda: client.retry_shipper_tasks(*names, [f"id-{n}" for n in range(11)])),
        ("PostBodyInvalid", lambda: client.retry_shipper_tasks(*names, "abc")),
        ("PostBodyInvalid", lambda: client.retry_shipper_tasks(*names, None)),
    ]

    for code, call in refusals:
        with pytest.raises(log.LogException) as raised:
            call()
        assert (raised.value.get_error_code(), raised.value.get_resp_status()) == (code, 400)
    client.retry_shipper_tasks(*names, [])


def test_client_with_a_wrong_secret_is_refused(connect: Connect) -> None:
    """The signature of another secret does not match."""
    stranger = connect("wrong")

    with pytest.raises(log.LogException) as raised:
        stranger.get_shipper_tasks("demo", LOGSTORE, SHIPPER, *window())

    assert (raised.value.get_error_code(), raised.value.get_resp_status()) == ("SignatureNotMatch", 401)


def test_client_signs_odd_names(client: Client) -> None:
    """Names with blanks and other scripts are signed as the server verifies them: unknown, not unauthorized."""
    with pytest.raises(log.LogException) as raised:
        client.get_shipper_tasks("demo", "日志 a", SHIPPER, *window(), status_type="a b&c=d/é")

    assert raised.value.get_error_code() == "LogStoreNotExist"
