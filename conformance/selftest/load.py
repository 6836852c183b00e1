"""Clients that ask the reference server more than one could by hand: many at once, in bytes of their own making."""

import asyncio
import itertools
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx
from retryspec.authentication.opsmanager import REALM, Claim, authorization, expected_response
from retryspec.authentication.sls import signed_headers

__all__ = [
    "CALLERS",
    "TABLES",
    "Answer",
    "Caller",
    "Line",
    "Served",
    "Task",
    "connected",
    "failed_tasks",
    "request",
    "served",
    "setup",
    "size",
    "tasks_in",
]

# For the whole of any single exchange.
PATIENCE = 60.0

TABLES = {"opsmanager": "opsmanager_job", "sls": "sls_task", "vcf": "vcf_task"}
"""Where the database keeps what can be retried, with its `id` and how many `runs` there were."""


def size(short: int, full: int) -> int:
    """How much a test does: little, or with RETRYSPEC_SOAK set all of it, or the share of it that the variable says."""
    share = os.environ.get("RETRYSPEC_SOAK")
    return max(short, round(full * float(share))) if share else short


_STATES = {"opsmanager": "log collection jobs", "sls": "a shipper with tasks", "vcf": "tasks"}
"""The provider state of each API."""


# A server in a process of its own


@dataclass(slots=True)
class Served:
    """A server that can be killed and started again."""

    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    base_url: str = ""
    process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int:
        """The id of the process."""
        assert self.process is not None
        return self.process.pid

    def start(self) -> None:
        """Start the server, and return once it says where it is."""
        self.launch()
        self.ready()

    def launch(self) -> None:
        """Start the server."""
        command = [sys.executable, "-m", "retryspec", "serve", "--port", "0", "--provider-states", *self.arguments]
        environment = {**os.environ, **self.environment}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)

    def ready(self) -> None:
        """Wait until the server says where it is."""
        assert self.process is not None
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        found = re.search(r"http://\S+:\d+", said)
        assert found, f"the server did not start: {said!r}"
        self.base_url = found[0]

    def kill(self) -> None:
        """End the server so that it has no time for anything."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.communicate(timeout=10)
            self.process = None


@contextmanager
def served(*arguments: object, number: int = 1) -> Iterator[list[Served]]:
    """Servers of one database or of several, all started at the same moment, and killed at the end."""
    servers = [Served([str(argument) for argument in arguments]) for _ in range(number)]
    try:
        for server in servers:
            server.launch()
        for server in servers:
            server.ready()
        yield servers
    finally:
        for server in servers:
            server.kill()


# Connections


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status, headers with names in lower case, body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Line:
    """A connection that is kept, for one request after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def ask(self, data: bytes) -> Answer:
        """The answer to a request; a ConnectionError where there is none."""
        async with asyncio.timeout(PATIENCE):
            self.writer.write(data)
            await self.writer.drain()
            return await self.answer(head_only=data.startswith(b"HEAD "))

    async def throw(self, data: bytes) -> bytes:
        """What comes back for some bytes that are the last, until the connection is closed."""
        received = b""
        with suppress(ConnectionError):
            self.writer.write(data)
            self.writer.write_eof()
            while more := await self.reader.read(2**20):
                received += more
        return received

    async def answer(self, *, head_only: bool = False) -> Answer:
        """The next answer."""
        try:
            head = await self.reader.readuntil(b"\r\n\r\n")
            first, *rest = head[:-4].decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
            length = 0 if head_only else int(headers.get("content-length", "0"))
            return Answer(int(first.split(" ")[1]), headers, await self.reader.readexactly(length))
        except asyncio.IncompleteReadError:
            raise ConnectionResetError("the server has closed the connection") from None


@asynccontextmanager
async def connected(base_url: str) -> AsyncIterator[Line]:
    """A connection to a server."""
    address = urlsplit(base_url)
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=2**20)
    try:
        yield Line(reader, writer)
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


def request(method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """A request as it goes over the wire."""
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    if body or method in ("PUT", "POST", "PATCH"):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


# What can be retried, and how


@dataclass(frozen=True, slots=True)
class Task:
    """Something that can be retried: its id, and the request target and Host with which one asks for that."""

    id: str
    target: str
    host: str = "127.0.0.1"


class Caller(Protocol):
    """A client of one API on one connection."""

    def __init__(self, line: Line) -> None:
        """Use a connection."""

    async def retry(self, task: Task) -> Answer:
        """The answer to a retry."""
        ...


class SlsCaller:
    """Signs each request."""

    def __init__(self, line: Line) -> None:
        self.line = line

    async def retry(self, task: Task) -> Answer:
        """The answer to a retry."""
        body = json.dumps([task.id]).encode()
        headers = signed_headers("PUT", task.target, body, key_id="retryspec-id", secret="retryspec-secret")
        return await self.line.ask(request("PUT", task.target, {"Host": task.host, **headers}, body))


class VcfCaller:
    """Signs in first."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.token = ""

    async def retry(self, task: Task) -> Answer:
        """The answer to a retry."""
        if not self.token:
            body = b'{"username": "admin@local", "password": "retryspec-pass"}'
            headers = {"Host": task.host, "Content-Type": "application/json"}
            answer = await self.line.ask(request("POST", "/v1/tokens", headers, body))
            self.token = json.loads(answer.body)["accessToken"]
        headers = {"Host": task.host, "Authorization": f"Bearer {self.token}"}
        return await self.line.ask(request("PATCH", task.target, headers))


class OpsManagerCaller:
    """Uses a nonce for as long as it is good."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.nonce = ""
        self.counts = itertools.count(1)

    async def retry(self, task: Task) -> Answer:
        """The answer to a retry."""
        answer = await self._ask(task)
        if answer.status == 401:
            found = re.search(r'nonce="([^"]+)"', answer.headers["www-authenticate"])
            assert found
            self.nonce, self.counts = found[1], itertools.count(1)
            answer = await self._ask(task)
        return answer

    async def _ask(self, task: Task) -> Answer:
        claim = Claim(
            username="retryspec",
            realm=REALM,
            nonce=self.nonce,
            uri=task.target,
            response="",
            qop="auth",
            nc=f"{next(self.counts):08x}",
            cnonce="c",
        )
        signed = replace(claim, response=expected_response("retryspec-key", "PUT", claim))
        return await self.line.ask(
            request("PUT", task.target, {"Host": task.host, "Authorization": authorization(signed)})
        )


CALLERS: Mapping[str, Callable[[Line], Caller]] = {
    "opsmanager": OpsManagerCaller,
    "sls": SlsCaller,
    "vcf": VcfCaller,
}


def setup(slug: str, number: int) -> dict[str, object]:
    """The request for a provider state: tasks that have failed, and that run for an hour when they are retried."""
    members = "jobs" if slug == "opsmanager" else "tasks"
    failed = {"opsmanager": "FAILURE", "sls": "fail", "vcf": "FAILED"}[slug]
    params = {members: [{"status": failed, "rerunSeconds": 3600}] * number}
    return {"action": "setup", "state": _STATES[slug], "params": params}


def failed_tasks(base_url: str, slug: str, number: int) -> list[Task]:
    """New tasks that have failed, and that run for an hour when they are retried."""
    made = httpx.post(f"{base_url}/_states", json=setup(slug, number), timeout=60, verify=False).raise_for_status()
    return tasks_in(slug, made.json())


def tasks_in(slug: str, made: Mapping[str, Any]) -> list[Task]:
    """The tasks that the answer of a provider of states names."""
    match slug:
        case "opsmanager":
            path = f"/api/public/v1.0/groups/{made['groupId']}/logCollectionJobs"
            return [Task(id_, f"{path}/{id_}/retry") for id_ in made["ids"]]
        case "sls":
            path = f"/logstores/{made['logstore']}/shipper/{made['shipper']}/tasks"
            return [Task(id_, path, f"{made['project']}.sls.test") for id_ in made["ids"]]
        case _:
            return [Task(id_, f"/v1/tasks/{id_}") for id_ in made["ids"]]
