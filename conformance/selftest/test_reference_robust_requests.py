"""No request, whatever is in it, makes the reference server answer that it failed, or keeps it from answering the next.

A few thousand requests here, most of them in memory; a million with `make soak`, where some go over sockets too.
"""

import asyncio
import json
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

import httpx
from selftest.in_memory import failures, in_memory
from selftest.load import (
    CALLERS,
    Line,
    Task,
    connected,
    failed_tasks,
    request,
    served,
    setup,
    size,
    tasks_in,
)
from selftest.odd_requests import Draft, Keys, damaged, drafts, right, signed, spoiled

SEED = 1
TOGETHER = 10_000
USER = b'{"username": "admin@local", "password": "retryspec-pass"}'


@dataclass(slots=True)
class Client:
    """Sends one request after the other and counts the statuses of the answers."""

    connect: Callable[[], AbstractAsyncContextManager[Line]]
    """Opens a connection."""
    rng: random.Random
    keys: Keys
    seen: Counter[int] = field(default_factory=Counter)

    async def use_up(self, left: Iterator[int], every: Sequence[Draft]) -> None:
        """Send requests for as long as there are any left, on a connection that is kept while it lasts."""
        while True:
            async with self.connect() as line:
                for _ in left:
                    draft = self.rng.choice(every)
                    if self.rng.random() < 0.3:
                        await self.throw(damaged(self.rng, signed(draft, self.keys)))
                    elif not await self.ask(line, self.rng.choice((right, spoiled))(self.rng, draft)):
                        break
                else:
                    return

    async def ask(self, line: Line, draft: Draft) -> bool:
        """Send a request, and tell whether the connection goes on."""
        data = signed(draft, self.keys)
        try:
            answer = await line.ask(data)
            if answer.status == 100:
                answer = await line.answer()
        except ConnectionError:
            return False
        assert answer.status < 500, f"{answer.status} to {data!r}: {answer.body!r}"
        self.seen[answer.status] += 1
        if found := re.search(r'nonce="([^"]+)"', answer.headers.get("www-authenticate", "")):
            self.keys.nonce, self.keys.count = found[1], 0
        return answer.headers.get("connection") != "close"

    async def throw(self, data: bytes) -> None:
        """Send bytes on a connection of their own, and look at what comes back until it is closed."""
        async with self.connect() as line, asyncio.timeout(30):
            received = await line.throw(data)
        for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", received):
            assert int(status) < 500, f"{status!r} to {data!r}: {received!r}"
            self.seen[int(status)] += 1


def drafts_for(tasks: dict[str, list[Task]]) -> list[Draft]:
    """Right requests about some tasks."""
    paths = {
        "opsmanager": [task.target.removesuffix("/retry") for task in tasks["opsmanager"]],
        "sls": [tasks["sls"][0].target, *(task.id for task in tasks["sls"])],
        "vcf": [task.target for task in tasks["vcf"]],
    }
    return drafts(paths, {"sls": tasks["sls"][0].host}, int(time.time()))


def expect_all_kinds(seen: Counter[int], total: int) -> None:
    """These were requests and no noise: many are let in, many are refused for a reason of their own."""
    assert [status for status in seen if status >= 500] == []
    assert {200, 400, 401, 404, 405} <= set(seen)
    assert seen[200] > total / 10


def portions(total: int) -> Iterator[tuple[int, int]]:
    """Where each portion begins, and how much it is: each has new tasks, since those of before run, and a new token."""
    return ((first, min(TOGETHER, total - first)) for first in range(0, total, TOGETHER))


def test_no_request_over_the_wire_makes_the_server_fail() -> None:
    """Right requests, wrong ones and bytes by chance are answered below 500, or the connection is closed."""
    total = size(1_500, 50_000)
    seen: Counter[int] = Counter()
    with served() as (server,):
        for first, number in portions(total):
            some = {slug: failed_tasks(server.base_url, slug, 12) for slug in CALLERS}
            token = httpx.post(f"{server.base_url}/v1/tokens", content=USER, verify=False).json()["accessToken"]
            draws = [random.Random(f"{SEED} {first} {n}") for n in range(8)]
            clients = [Client(lambda: connected(server.base_url), draw, Keys(token), seen) for draw in draws]
            asyncio.run(bombarded(clients, drafts_for(some), number))
        assert httpx.get(server.base_url, verify=False).status_code == 200

    expect_all_kinds(seen, total)


async def bombarded(clients: Sequence[Client], every: Sequence[Draft], number: int) -> None:
    """Let clients send so many requests between them, all at once."""
    left = iter(range(number))
    await asyncio.gather(*(client.use_up(left, every) for client in clients))


def test_no_request_of_a_million_makes_the_server_fail() -> None:
    """The same without sockets, where also what fails after its client has gone is seen."""
    total = size(2_000, 1_000_000)
    with failures() as failed:
        seen = asyncio.run(bombarded_in_memory(total))

    assert failed == []
    expect_all_kinds(seen, total)


async def bombarded_in_memory(total: int) -> Counter[int]:
    """The statuses of the answers to so many requests."""
    seen: Counter[int] = Counter()
    async with in_memory() as server:
        for first, number in portions(total):
            async with server.connected() as line:
                made = {slug: await told(line, "/_states", json.dumps(setup(slug, 12))) for slug in CALLERS}
                token = (await told(line, "/v1/tokens", USER.decode()))["accessToken"]
            tasks = {slug: tasks_in(slug, each) for slug, each in made.items()}
            client = Client(server.connected, random.Random(f"{SEED} {first}"), Keys(token), seen)
            await client.use_up(iter(range(number)), drafts_for(tasks))
    return seen


HOSTS = (
    "127].0.1",
    "[",
    "[::1",
    "[::1]x",
    "a/b?c#d",
    "x:99999999",
    "x:-1",
    "",
    "a:b:c",
    "[v1.x]",
    "\xe9",
    "x/v1/tokens?",
)
PATHS = ("/", "/nowhere", "/v1/nothing", "/logstores/x", "/api/public/v1.0/x", "/_states", "/%3F/x")


def test_no_host_makes_the_server_fail() -> None:
    """A Host that is none is refused or overlooked, on each path, and never taken for an address."""
    with failures() as failed:
        answers = asyncio.run(
            answers_to([f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n" for path in PATHS for host in HOSTS])
        )

    assert failed == []
    assert {answer[:10] for answer in answers} <= {b"HTTP/1.1 2", b"HTTP/1.1 4"}


async def answers_to(heads: Sequence[str]) -> list[bytes]:
    """The answers to some requests, each on a connection of its own."""
    answers = []
    async with in_memory() as server:
        for head in heads:
            async with server.connected() as line:
                answers.append(await line.throw(head.encode("latin-1")))
    return answers


async def told(line: Line, target: str, body: str) -> Any:
    """What the answer to a POST says."""
    headers = {"Host": "127.0.0.1", "Content-Type": "application/json"}
    return json.loads((await line.ask(request("POST", target, headers, body.encode()))).body)
