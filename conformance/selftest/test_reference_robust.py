"""The reference server under load and faults: many clients, slow ones, kills, several processes, disks that are full.

Each test has a short form here and a long one in `make soak`, which differ in their numbers alone.
"""

import asyncio
import json
import os
import random
import resource
import socket
import sqlite3
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import jsonschema
import pytest
from retryspec.documents import load_document
from retryspec.reference.apis import Setting, server_of
from retryspec.reference.app import application
from retryspec.reference.connection import HEAD_LIMIT, Patience
from retryspec.reference.database import Database
from retryspec.reference.serve import running
from retryspec.reference.states import states_route
from selftest.load import (
    CALLERS,
    TABLES,
    Answer,
    Line,
    Served,
    Task,
    connected,
    failed_tasks,
    request,
    served,
    setup,
    size,
)
from starlette.applications import Starlette

HOST = {"Host": "127.0.0.1"}


def address(base_url: str) -> tuple[str, int]:
    """Host and port of a server."""
    parts = urlsplit(base_url)
    assert parts.hostname
    assert parts.port
    return parts.hostname, parts.port


def runs(database: Path, slug: str, tasks: Sequence[Task]) -> dict[str, int]:
    """How often each task was started again, as the database has it."""
    with closing(sqlite3.connect(database, timeout=30)) as connection:
        found = dict(connection.execute(f"SELECT id, runs FROM {TABLES[slug]}"))
    return {task.id: found[task.id] for task in tasks}


# Many clients, and slow ones


@contextmanager
def many_files(number: int) -> Iterator[None]:
    """Let this process open so many files, where that is allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < number:
        pytest.skip(f"needs {number} open files, and {hard} are allowed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, number), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


IMPOSITIONS = {
    "idle": b"",
    "half a line": b"GET /v1/ta",
    "half a head": b"GET /v1/tasks HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ",
    "half a body": b"PUT /logstores/l/shipper/s/tasks HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n[",
    "half a chunk": b"PATCH /v1/tasks/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n[",
    "does not read": b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 2,
}


def test_two_thousand_connections_leave_room_for_others() -> None:
    """With 2 000 connections that only wait, stop half-way or do not read, others are served."""
    number = size(2_000, 8_000)
    with many_files(number + 500), served() as (server,), ExitStack() as stack:
        where = address(server.base_url)
        for n in range(number):
            connection = stack.enter_context(closing(socket.create_connection(where, timeout=30)))
            connection.sendall(list(IMPOSITIONS.values())[n % len(IMPOSITIONS)])

        tasks = {slug: failed_tasks(server.base_url, slug, 20) for slug in CALLERS}
        statuses = asyncio.run(retried_in_turn(server.base_url, tasks))

    assert statuses == {slug: [200] * 20 for slug in CALLERS}


async def retried_in_turn(base_url: str, tasks: dict[str, list[Task]]) -> dict[str, list[int]]:
    """The statuses of the answers to retries of tasks, one after the other."""
    found = {}
    for slug, some in tasks.items():
        async with connected(base_url) as line:
            caller = CALLERS[slug](line)
            found[slug] = [(await caller.retry(task)).status for task in some]
    return found


@pytest.mark.parametrize("sent", [sent for name, sent in IMPOSITIONS.items() if name != "does not read"])
def test_slow_client_is_not_waited_for_without_end(sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that stops in the middle of a request is cut off, also where it sends a byte now and then."""
    monkeypatch.setattr(Patience, "request", 0.2)
    with running(application()) as base_url, closing(socket.create_connection(address(base_url), 0.05)) as client:
        client.sendall(sent)
        deadline = time.monotonic() + 30
        ended = False
        while not ended:
            assert time.monotonic() < deadline, "the server still waits"
            with suppress(TimeoutError):
                try:
                    client.sendall(b"x" if sent else b"")
                    ended = client.recv(1000) == b""
                except ConnectionError:
                    ended = True


def test_client_that_does_not_read_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that asks and does not read is cut off."""
    monkeypatch.setattr(Patience, "reading", 0.2)
    with running(application(["sls"])) as base_url, closing(socket.socket()) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(0.05)
        client.connect(address(base_url))
        deadline = time.monotonic() + 30
        with pytest.raises(ConnectionError):  # noqa: PT012 - which of the two calls meets it does not matter
            while time.monotonic() < deadline:
                with suppress(TimeoutError):
                    client.sendall(IMPOSITIONS["does not read"])


# Bounds


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    """A server as it starts by itself."""
    with running(application()) as found:
        yield found


def asked(base_url: str, data: bytes) -> Answer:
    """The answer to bytes."""

    async def ask() -> Answer:
        async with connected(base_url) as line:
            return await line.ask(data)

    return asyncio.run(ask())


@pytest.mark.parametrize(
    "data",
    [
        request("GET", "/v1/tasks", {**HOST, "X-Long": "x" * HEAD_LIMIT}),
        request("GET", "/v1/tasks", {**HOST, "X-Endless": "x" * 10 * HEAD_LIMIT})[:-4],
        request("GET", "/v1/tasks", {**HOST, **{f"X-{n}": "x" for n in range(20_000)}}),
        request("GET", "/v1/tasks?taskName=" + "x" * HEAD_LIMIT, HOST),
        b"G" * 10 * HEAD_LIMIT,
    ],
    ids=["one long header", "endless header", "many headers", "long target", "endless line"],
)
def test_long_head_is_refused(base_url: str, data: bytes) -> None:
    """A request line and headers beyond the bound are answered 431, and the connection is closed."""
    answer = asked(base_url, data)

    assert answer.status == 431
    assert answer.headers["connection"] == "close"
    assert "longer than" in answer.body.decode()


def test_head_within_the_bound_is_taken(base_url: str) -> None:
    """Half of what is allowed is no reason for a refusal."""
    assert asked(base_url, request("GET", "/", {**HOST, "X-Long": "x" * (HEAD_LIMIT // 2)})).status == 200


@pytest.mark.parametrize("slug", CALLERS)
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_long_body_is_refused(slug: str, chunked: bool, base_url: str) -> None:
    """A body beyond the bound is answered 413 in the words of the API, whether its length was told or not."""
    method, target = {
        "opsmanager": ("PUT", "/api/public/v1.0/groups/5f8f8c7d1d5e4a1b2c3d4e5f/logCollectionJobs/1/retry"),
        "sls": ("PUT", "/logstores/app-logs/shipper/to-oss/tasks"),
        "vcf": ("POST", "/v1/tokens"),
    }[slug]
    head = request(method, target, HOST).removesuffix(b"Content-Length: 0\r\n\r\n")
    body = b"[" + b" " * 2_000_000
    if chunked:
        data = head + b"Transfer-Encoding: chunked\r\n\r\n" + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    else:
        data = head + b"Content-Length: %d\r\n\r\n%s" % (len(body), body)

    answer = asked(base_url, data)

    # Who has not signed learns no more than that.
    assert answer.status == (401 if slug == "opsmanager" else 413)
    assert answer.headers["content-type"].startswith("application/json")


def test_nonsense_after_an_early_answer_ends_the_connection(base_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """A body that turns out to be none after the answer was given closes the connection, and is no error of ours."""
    with closing(socket.create_connection(address(base_url), 30)) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        answer = client.recv(1000)
        with suppress(ConnectionError):
            client.sendall(b"no chunk\r\n")
            while client.recv(1000):
                pass

    assert answer.startswith(b"HTTP/1.1 405 ")
    assert caplog.records == []


# Kills


@pytest.mark.parametrize("slug", CALLERS)
def test_acknowledged_retries_outlive_kills(slug: str, tmp_path: Path) -> None:
    """However often the process is killed in the middle: what was acknowledged is there, and nothing is there twice."""
    kills, number = size(1, 50), size(300, 10_000)
    database = tmp_path / "state.sqlite"
    rng = random.Random(f"{slug} 1")
    tasks: list[Task] = []
    stream = Stream(rng)
    with served("--database", database) as (server,):
        tasks = failed_tasks(server.base_url, slug, number)
        stream.left.extend(tasks)
        for round_ in range(kills):
            # At random in what is left for this round, so that the last kill meets retries under way as well.
            share = len(stream.left) // (kills - round_)
            asyncio.run(stream.pour(server, slug, stop_after=rng.randint(1, max(1, share))))
            server.kill()
            done = runs(database, slug, tasks)
            assert {id_ for id_ in stream.acknowledged if done[id_] != 1} == set()
            assert max(done.values()) == 1
            server.start()
        asyncio.run(stream.pour(server, slug, stop_after=None))
        server.kill()

    assert set(runs(database, slug, tasks).values()) == {1}
    assert stream.unexpected == []
    assert stream.left == deque()


class Stream:
    """Retries by many connections at once, until the server is gone."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.left: deque[Task] = deque()
        self.acknowledged: set[str] = set()
        self.unknown: set[str] = set()
        """What a retry was sent for and not answered: it may or may not have been done."""
        self.unexpected: list[tuple[int, str]] = []

    async def pour(self, server: Served, slug: str, *, stop_after: int | None) -> None:
        """Retry what is left; after so many answers the server is killed, at any moment of the next one."""
        answers = 0

        async def work() -> None:
            nonlocal answers
            async with connected(server.base_url) as line:
                caller = CALLERS[slug](line)
                while self.left:
                    task = self.left.popleft()
                    try:
                        answer = await caller.retry(task)
                    except OSError:
                        self.unknown.add(task.id)
                        self.left.append(task)
                        return
                    self.note(task, answer.status)
                    answers += 1
                    if answers == stop_after:
                        await asyncio.sleep(self.rng.random() * 0.01)
                        server.kill()

        await asyncio.gather(*(work() for _ in range(16)))

    def note(self, task: Task, status: int) -> None:
        """Take down an answer."""
        if status == 200:
            self.acknowledged.add(task.id)
        elif task.id not in self.unknown:
            self.unexpected.append((status, task.id))


# Several processes, one database


@pytest.mark.parametrize("slug", CALLERS)
def test_one_of_many_retries_wins(slug: str, tmp_path: Path) -> None:
    """Of 64 simultaneous retries of a task, through several processes on one database, exactly one starts it."""
    database = tmp_path / "state.sqlite"
    with served("--database", database, number=3) as servers:
        tasks = failed_tasks(servers[0].base_url, slug, size(5, 1_000))
        rounds = asyncio.run(contested([server.base_url for server in servers], slug, tasks))

    assert set(runs(database, slug, tasks).values()) == {1}
    # SLS answers 200 to the retry of a task that runs; the others say who came first.
    expected = 64 if slug == "sls" else 1
    assert [statuses.count(200) for statuses in rounds] == [expected] * len(tasks)
    assert {status for statuses in rounds for status in statuses if status >= 500} == set()


async def contested(base_urls: Sequence[str], slug: str, tasks: Sequence[Task]) -> list[list[int]]:
    """The statuses of 64 retries of each task, which go out together."""
    async with asyncio.TaskGroup() as group, AsyncLines(base_urls) as lines:
        callers = [CALLERS[slug](line) for line in lines]
        return [
            [(await one).status for one in [group.create_task(caller.retry(task)) for caller in callers]]
            for task in tasks
        ]


class AsyncLines:
    """64 connections, shared out to servers in turn."""

    def __init__(self, base_urls: Sequence[str]) -> None:
        self._ways = [connected(base_urls[n % len(base_urls)]) for n in range(64)]

    async def __aenter__(self) -> list[Line]:
        return [await way.__aenter__() for way in self._ways]

    async def __aexit__(self, *_: object) -> None:
        for way in self._ways:
            await way.__aexit__(None, None, None)


# Disks that cannot be written to


def assert_internal_error(slug: str, answer: Answer) -> None:
    """Assert that an answer is the 500 of an API, in the words that its document has for it."""
    body = json.loads(answer.body)
    key, value = {
        "opsmanager": ("error", 500),
        "sls": ("errorCode", "InternalServerError"),
        "vcf": ("errorCode", "INTERNAL_SERVER_ERROR"),
    }[slug]
    assert (answer.status, body[key]) == (500, value)
    schema = {"$ref": "#/components/schemas/Error", **load_document(slug).content}
    jsonschema.Draft202012Validator(schema).validate(body)


async def faced(base_url: str, slug: str, tasks: Sequence[Task], trouble: Callable[[bool], None]) -> list[list[Answer]]:
    """The answers to retries of a third of the tasks before a trouble, of another one during it, and of the rest after.

    It is one caller, so that it has signed in before.
    """
    third = len(tasks) // 3
    async with connected(base_url) as line:
        caller = CALLERS[slug](line)
        before = [await caller.retry(task) for task in tasks[:third]]
        trouble(True)
        try:
            during = [await caller.retry(task) for task in tasks[third : 2 * third]]
            during_setup = await line.ask(request("POST", "/_states", HOST, json.dumps(setup(slug, 1)).encode()))
        finally:
            trouble(False)
        after = [await caller.retry(task) for task in tasks[third:]]
    return [before, during, [during_setup], after]


@pytest.mark.parametrize("slug", CALLERS)
def test_full_disk_leaves_nothing_half_done(slug: str, tmp_path: Path) -> None:
    """While no file can grow, a retry is answered 500 in the API's own words and does nothing; then all goes on."""
    database = tmp_path / "state.sqlite"
    with served("--database", database) as (server,):
        tasks = failed_tasks(server.base_url, slug, 30)

        def full(now: bool) -> None:
            most = 1 if now else resource.RLIM_INFINITY
            resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))

        answers = asyncio.run(faced(server.base_url, slug, tasks, full))

    assert_went_on(slug, answers)
    assert set(runs(database, slug, tasks).values()) == {1}


@pytest.mark.parametrize("slug", CALLERS)
def test_database_that_is_read_only_is_a_500(slug: str, tmp_path: Path) -> None:
    """While the database takes no writes, a retry is answered 500 in the API's own words; then all goes on."""
    database = Database(tmp_path / "state.sqlite")
    server = server_of(slug)(Setting(database, sample=False))
    with running(Starlette(routes=[*server.routes(), states_route(server.states())])) as base_url:
        tasks = failed_tasks(base_url, slug, 30)

        def read_only(now: bool) -> None:
            with database.reading() as connection:  # one caller, one connection
                connection.execute(f"PRAGMA query_only = {now}")

        answers = asyncio.run(faced(base_url, slug, tasks, read_only))

    assert_went_on(slug, answers)
    assert set(runs(tmp_path / "state.sqlite", slug, tasks).values()) == {1}


def assert_went_on(slug: str, answers: list[list[Answer]]) -> None:
    """Assert that there were internal errors during a trouble, and nothing of it before and after."""
    before, during, setups, after = answers
    assert {answer.status for answer in before + after} == {200}
    for answer in during:
        assert_internal_error(slug, answer)
    for answer in setups:
        assert (answer.status, b"cannot be kept" in answer.body) == (500, True)


@pytest.mark.skipif(not os.environ.get("RETRYSPEC_SOAK"), reason="mounts a file system: make soak")
@pytest.mark.parametrize("slug", CALLERS)
def test_file_system_without_room_is_a_500(slug: str, tmp_path: Path) -> None:
    """On a file system that is really full the answers are the same."""
    folder = tmp_path / "small"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", folder], check=False).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        with served("--database", folder / "state.sqlite") as (server,):
            tasks = failed_tasks(server.base_url, slug, 30)

            def full(now: bool) -> None:
                filler = folder / "filler"
                if not now:
                    filler.unlink()
                    return
                with suppress(OSError), filler.open("wb", buffering=0) as file:
                    while True:
                        file.write(bytes(4096))

            answers = asyncio.run(faced(server.base_url, slug, tasks, full))
        assert set(runs(folder / "state.sqlite", slug, tasks).values()) == {1}
    finally:
        subprocess.run(["umount", folder], check=True)

    assert_went_on(slug, answers)
