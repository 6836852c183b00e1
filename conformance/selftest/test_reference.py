"""The reference server around its APIs: application, provider states, front page, credentials, database, port."""

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
from retryspec.authentication.sls import SlsAuth
from retryspec.errors import UsageError
from retryspec.reference.app import application
from retryspec.reference.clock import SetClock
from retryspec.reference.credentials import Credentials, is_loopback, read_credentials
from retryspec.reference.database import Database
from retryspec.reference.serve import running, serve
from retryspec.reference.target import reference_target

SAMPLE = "/logstores/app-logs/shipper/to-oss/tasks"
SHIPPER = "a shipper with tasks"


def listing(base_url: str, *, host: str = "demo.sls.test", path: str = SAMPLE, **options: Any) -> httpx.Response:
    """Return the answer to a request for the tasks of the last two days."""
    now = int(time.time())
    params = {"from": now - 47 * 3600, "to": now + 60, "size": 500}
    auth = options.pop("auth", SlsAuth("retryspec-id", "retryspec-secret"))
    return httpx.get(base_url + path, params=params, headers={"Host": host} if host else {}, auth=auth, **options)


# The start that a person sees


@pytest.fixture(scope="module")
def default() -> Iterator[str]:
    """A server as it starts when nothing is asked for."""
    with running(application()) as base_url:
        yield base_url


def test_sample_has_tasks_in_every_state(default: str) -> None:
    """Without provider states there is a shipper with tasks to try things with."""
    page = listing(default).json()

    assert all(number >= 2 for number in page["statistics"].values()), page["statistics"]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("", 200),
        ("127.0.0.1:8000", 200),
        ("localhost", 200),
        ("[::1]:80", 200),
        ("demo.127.0.0.1", 200),
        ("DEMO.localhost:1", 200),
        ("other.localhost", 404),
        ("sls.test", 404),
        (".", 200),
        ("no.such.test", 404),
    ],
)
def test_project_is_the_first_label_of_host(default: str, host: str, status: int) -> None:
    """A Host without a project means the default one."""
    assert listing(default, host=host).status_code == status


def test_default_project_can_be_another() -> None:
    """The project of a Host that names none can be chosen."""
    with running(application(["sls"], options={"sls": {"default_project": "p-other"}})) as base_url:
        answer = listing(base_url, host="")

    assert answer.json()["errorMessage"] == "Project p-other does not exist"


def test_sample_is_renewed() -> None:
    """A server that has run for days has tasks of today, in every state."""
    clock = SetClock(time.time() - 100 * 3600)
    with running(application(["sls"], clock=clock)) as base_url:
        clock.advance(100 * 3600)
        first, second = listing(base_url).json(), listing(base_url).json()

    assert all(number >= 2 for number in first["statistics"].values()), first["statistics"]
    assert first == second


def test_front_page_names_ids_that_work(default: str) -> None:
    """The front page is HTML and shows tasks of the sample."""
    answer = httpx.get(default, headers={"Accept": "text/html"})

    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    for task in listing(default).json()["tasks"]:
        if task["id"] in answer.text:
            break
    else:
        pytest.fail("no id of the sample stands on the page")


def commands(page: str) -> list[str]:
    """Return the commands of a front page as a person would copy them."""
    return [unescape(found) for found in re.findall(r"<pre[^>]*><code[^>]*>(.*?)</code></pre>", page, re.DOTALL)]


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("openssl")), reason="needs curl and openssl")
def test_shell_commands_of_the_front_page_work() -> None:
    """The commands of the front page, pasted into a shell one after the other, list and retry tasks."""
    with running(application(["sls"])) as base_url:
        look, retry, *_ = commands(httpx.get(base_url, headers={"Accept": "text/html"}).text)
        done = subprocess.run(
            ["bash", "-c", f"{look}\n{retry}"], capture_output=True, text=True, check=True, timeout=30
        )
        states = listing(base_url).json()["statistics"]

    assert '"taskStatus":"fail"' in done.stdout
    assert "HTTP/1.1 200 OK" in done.stdout
    assert done.stderr == ""
    assert states["running"] == 3


def test_python_commands_of_the_front_page_work() -> None:
    """The Python of the front page runs as it stands."""
    with running(application(["sls"])) as base_url:
        *_, vendor, own = commands(httpx.get(base_url, headers={"Accept": "text/html"}).text)
        for command in (vendor, own):
            done = subprocess.run(
                [sys.executable, "-c", command], capture_output=True, text=True, check=True, timeout=60
            )
            assert "fail" in done.stdout
        states = listing(base_url).json()["statistics"]

    assert states["fail"] == 0


def test_front_page_hides_secrets_that_were_given() -> None:
    """A secret from a file does not stand on the front page, nor does a Host that is no host."""
    given = Credentials({"sls": {"access_key_id": "someone", "access_key_secret": "very-secret"}})
    with running(application(["sls"], credentials=given)) as base_url:
        page = httpx.get(base_url, headers={"Host": "$(touch x)"}).text

    assert "someone" in page
    assert "very-secret" not in page
    assert "touch" not in page


def test_unknown_paths_and_methods_are_refused(default: str) -> None:
    """What no API has is a 404, and a method that the front page has not is a 405; nothing is a redirect."""
    assert httpx.get(f"{default}/nothing").status_code == 404
    assert httpx.get(f"{default}/logstores/").status_code == 404
    assert httpx.post(default).status_code == 405
    assert httpx.post(f"{default}/_states", json={}).status_code == 404


# Provider states


@pytest.fixture(scope="module")
def states_url() -> Iterator[str]:
    """The provider-state endpoint of a server."""
    with running(application(provider_states=True)) as base_url:
        yield f"{base_url}/_states"


def asked(**params: object) -> dict[str, object]:
    """Return a request for a shipper."""
    return {"action": "setup", "state": SHIPPER, "params": params}


def test_states_are_fresh_each_time(states_url: str) -> None:
    """Two setups share no project and no id, and answer in the order of the tasks."""
    tasks = [{"status": "fail", "createTime": int(time.time()) - 60} for _ in range(20)]
    first, second = (httpx.post(states_url, json=asked(tasks=tasks)).json() for _ in range(2))

    assert first["project"] != second["project"]
    ids = first["ids"] + second["ids"]
    for answer in (first, second):
        ids += [id_ for neighbour in answer["neighbours"] for id_ in neighbour["ids"]]
    assert len(set(ids)) == len(ids)
    assert (len(first["ids"]), first["rerunsAsAsked"]) == (20, True)
    assert len(first["neighbours"]) == 2


def test_absent_and_null_members_are_alike(states_url: str) -> None:
    """A member that is null counts as absent, and further members are ignored."""
    task = {"status": "fail", "createTime": 1, "message": None, "rerunSeconds": None, "rerunStatus": None, "x": 1}
    for body in (asked(tasks=[task], fault=None), {"action": "setup", "state": SHIPPER}, asked(), asked(tasks=None)):
        answer = httpx.post(states_url, json={**body, "consumer": "c"})

        assert answer.status_code == 200, answer.text


NOT_A_NUMBER = json.dumps(asked(tasks=[{"status": "fail", "rerunSeconds": float("nan")}])).encode()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, b""),
        (400, b"{"),
        (400, b"[]"),
        (400, b"[" * 100_000),
        (400, b"\xff"),
        (400, {"state": SHIPPER}),
        (400, {"action": "teardown", "state": SHIPPER}),
        (400, {"action": "setup"}),
        (400, {"action": "setup", "state": 1}),
        (400, {"action": "setup", "state": SHIPPER, "params": []}),
        (404, {"action": "setup", "state": "unheard of"}),
        (400, asked(tasks={})),
        (400, asked(tasks=[1])),
        (400, asked(tasks=[{}])),
        (400, asked(tasks=[{"status": "done", "createTime": 1}])),
        (400, asked(tasks=[{"status": 1, "createTime": 1}])),
        (400, asked(tasks=[{"status": "fail", "createTime": "1"}])),
        (400, asked(tasks=[{"status": "fail", "createTime": True}])),
        (400, asked(tasks=[{"status": "fail", "createTime": 1.5}])),
        (400, asked(tasks=[{"status": "fail", "createTime": -1}])),
        (400, asked(tasks=[{"status": "fail", "createTime": 10**30}])),
        (
            400,
            NOT_A_NUMBER,
        ),
        (400, asked(tasks=[{"status": "fail", "createTime": 1, "rerunSeconds": -1}])),
        (400, asked(tasks=[{"status": "fail", "createTime": 1, "rerunSeconds": 1e9}])),
        (400, asked(tasks=[{"status": "fail", "createTime": 1, "rerunStatus": "running"}])),
        (400, asked(tasks=[{"status": "fail", "createTime": 1, "message": 1}])),
        (400, asked(tasks=[{"status": "fail", "createTime": 1, "message": "x" * 10_001}])),
        (400, asked(tasks=[{"status": "fail"}] * 20_001)),
        (400, asked(fault="external")),
    ],
    ids=lambda value: str(value)[-60:],
)
def test_bad_state_is_refused(states_url: str, status: int, body: bytes | dict[str, object]) -> None:
    """A request that is not what the protocol says is refused in words."""
    answer = httpx.post(states_url, content=body) if isinstance(body, bytes) else httpx.post(states_url, json=body)

    assert answer.status_code == status
    assert answer.json()["error"]


def test_odd_messages_are_kept(states_url: str) -> None:
    """A message may hold any text; half a surrogate pair becomes a question mark."""
    body = b'{"action":"setup","state":"a shipper with tasks","params":{"tasks":[{"status":"fail","message":"%s"}]}}'
    answer = httpx.post(states_url, content=body.replace(b"%s", b'\\u0000 \\ud800 <\\" \\ud83d\\ude00')).json()

    page = listing(
        states_url.removesuffix("/_states"),
        host=f"{answer['project']}.sls.test",
        path=f"/logstores/{answer['logstore']}/shipper/{answer['shipper']}/tasks",
    ).json()

    assert page["tasks"][0]["taskMessage"] == '\x00 ? <" 😀'


def test_many_tasks_can_be_asked_for(states_url: str) -> None:
    """A shipper may have ten thousand tasks."""
    now = int(time.time())
    tasks = [{"status": "success", "createTime": now - n} for n in range(10_000)]

    answer = httpx.post(states_url, json=asked(tasks=tasks), timeout=30)

    assert len(set(answer.json()["ids"])) == 10_000


def test_states_are_dropped_after_an_hour() -> None:
    """The next setup drops what is older than an hour, and nothing younger."""
    clock = SetClock(time.time() - 5000)
    with running(application(["sls"], clock=clock, provider_states=True)) as base_url:

        def made() -> str:
            host: str = httpx.post(f"{base_url}/_states", json=asked()).json()["project"] + ".sls.test"
            return host

        old = made()
        clock.advance(3000)
        young = made()
        clock.advance(2000)
        made()

        assert listing(base_url, host=old).json()["errorCode"] == "ProjectNotExist"
        assert listing(base_url, host=young).json()["errorCode"] == "LogStoreNotExist"


# Credentials


def test_credentials_come_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The credentials of a file take the place of the defaults; a value may come from the environment."""
    file = tmp_path / "credentials.toml"
    file.write_text('[sls]\naccess_key_id = "me"\naccess_key_secret = { env = "RETRYSPEC_TEST_SECRET" }\n')
    monkeypatch.setenv("RETRYSPEC_TEST_SECRET", "mine")

    with running(application(["sls"], credentials=read_credentials(file))) as base_url:
        mine = listing(base_url, auth=SlsAuth("me", "mine"))
        default = listing(base_url)

    assert (mine.status_code, default.status_code) == (200, 401)


@pytest.mark.parametrize(
    "text",
    [
        "[sls",
        "sls = 1",
        "[sls]\naccess_key_id = 1",
        '[sls]\naccess_key_id = ""',
        '[sls]\naccess_key_id = { env = "RETRYSPEC_NOT_SET" }',
        '[sls]\naccess_key_id = { env = "PATH", other = 1 }',
        '[sls]\naccess_key_id = "me"',
    ],
)
def test_bad_credentials_are_refused(tmp_path: Path, text: str) -> None:
    """A file that does not hold credentials is refused in one line."""
    file = tmp_path / "credentials.toml"
    file.write_text(text)

    with pytest.raises(UsageError, match=r"sls|TOML"):
        application(["sls"], credentials=read_credentials(file))


def test_default_credentials_stay_on_loopback() -> None:
    """With the well-known credentials a server does not listen where others reach it."""
    with pytest.raises(UsageError, match="everybody knows the default credentials of sls"):
        serve(application(["sls"]), "0.0.0.0", 0)

    assert [is_loopback(host) for host in ("localhost", "127.0.0.5", "::1", "0.0.0.0", "example.org", "::")] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]


def test_secrets_are_not_shown() -> None:
    """A secret does not stand in what a log or a traceback shows."""
    assert "mine" not in repr(Credentials({"sls": {"access_key_secret": "mine"}}))


# Database and port


def test_acknowledged_retry_survives_a_kill(tmp_path: Path) -> None:
    """What was answered with 200 is there after the process was killed and started again on the same database."""
    database = tmp_path / "state.sqlite"
    task = {"status": "fail", "createTime": int(time.time()) - 60, "rerunSeconds": 3600}
    with served(database) as base_url:
        made = httpx.post(f"{base_url}/_states", json=asked(tasks=[task] * 2)).json()
        path = f"/logstores/{made['logstore']}/shipper/{made['shipper']}/tasks"
        host = f"{made['project']}.sls.test"
        auth = SlsAuth("retryspec-id", "retryspec-secret")
        answer = httpx.put(base_url + path, json=made["ids"][:1], headers={"Host": host}, auth=auth)
        assert answer.status_code == 200

    with served(database) as base_url:
        page = listing(base_url, host=host, path=path).json()

    assert page["statistics"] == {"running": 1, "success": 0, "fail": 1}


SERVE = """
import sys
from pathlib import Path
from retryspec.reference.app import application
from retryspec.reference.serve import serve
serve(
    application(database=Path(sys.argv[1]) if sys.argv[1:] else None, provider_states=True),
    "127.0.0.1",
    0,
    announce=lambda base_url: print(base_url, flush=True),
)
"""


class served:  # noqa: N801 - used like a function
    """A server in a process of its own, which is killed at the end of the block."""

    def __init__(self, *arguments: object) -> None:
        self.arguments = [str(argument) for argument in arguments]

    def __enter__(self) -> str:
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVE, *self.arguments], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate(timeout=10)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_server_ends_on_a_signal(number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server ends when it is told to, and leaves no temporary file."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    server = served()
    with server as base_url:
        assert httpx.get(base_url).status_code == 200
        assert len(list(tmp_path.iterdir())) == 1
        server.process.send_signal(number)
        server.process.wait(10)

    assert list(tmp_path.iterdir()) == []
    assert server.process.returncode in (0, -number)


def test_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """A database that cannot be used is refused in one line that names it."""
    file = tmp_path / "notes.txt"
    file.write_text("no database, but a text that is long enough to be looked at " * 20)

    for path in (file, tmp_path, tmp_path / "missing" / "state.sqlite"):
        with pytest.raises(UsageError, match=re.escape(str(path))):
            Database(path)


def test_port_that_is_taken_is_refused() -> None:
    """A port that somebody listens on is refused in one line."""
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(UsageError, match="cannot listen"):
        serve(application(["sls"]), "127.0.0.1", taken.getsockname()[1])


def test_unknown_api_is_refused() -> None:
    """An API that there is no server for is refused with the list of those there are."""
    with pytest.raises(UsageError, match=r"nothing: no such API; there is .*sls"):
        application(["nothing"])


def test_server_starts_and_stops_at_once() -> None:
    """Starting and stopping a server takes far less than a tenth of a second, also with a connection open."""
    seconds = []
    for _ in range(10):
        begin = time.perf_counter()
        with running(application(["sls"], provider_states=True)) as base_url:
            address = base_url.removeprefix("http://").split(":")
            socket.create_connection((address[0], int(address[1]))).close()
        seconds.append(time.perf_counter() - begin)

    assert min(seconds) < 0.1  # the quickest: others may keep the machine busy


def test_target_file_leads_to_the_server() -> None:
    """A target file for a reference server holds what a check needs, and the server answers there."""
    with reference_target(["sls"], variations=["sls-oldest-first"]) as file:
        table = tomllib.loads(file.read_text(encoding="utf-8"))["sls"]
        made = httpx.post(table["states_url"], json=asked())
        front = httpx.get(table["base_url"])

    assert set(table) == {"base_url", "endpoint", "access_key_id", "access_key_secret", "states_url"}
    assert made.status_code == 200
    assert "sls-oldest-first" in front.text
    assert not file.exists()
