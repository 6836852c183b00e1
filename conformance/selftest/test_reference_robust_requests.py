"""No request, whatever is in it, makes the reference server answer that it failed, or keeps it from answering the next.

A few thousand requests here; a million with `make soak`.
"""

import asyncio
import random
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import httpx
from selftest.load import CALLERS, Line, Task, connected, failed_tasks, served, size
from selftest.odd_requests import Draft, Keys, damaged, drafts, right, signed, spoiled

SEED = 1
TOGETHER = 10_000
USER = {"username": "admin@local", "password": "retryspec-pass"}


def test_no_request_makes_the_server_fail() -> None:
    """Right requests, wrong ones and bytes by chance are answered below 500, or the connection is closed."""
    total = size(2_500, 1_000_000)
    seen: Counter[int] = Counter()
    with served() as (server,):
        # From time to time with new tasks, since those of before run, and with a new token, since one lasts an hour.
        for first in range(0, total, TOGETHER):
            some = {slug: failed_tasks(server.base_url, slug, 12) for slug in CALLERS}
            signed_in = httpx.post(f"{server.base_url}/v1/tokens", json=USER, verify=False).json()
            draws = [random.Random(f"{SEED} {first} {n}") for n in range(8)]
            clients = [Client(server.base_url, draw, Keys(signed_in["accessToken"]), seen) for draw in draws]
            asyncio.run(bombarded(clients, drafts_for(some), min(TOGETHER, total - first)))
        assert httpx.get(server.base_url, verify=False).status_code == 200

    assert [status for status in seen if status >= 500] == []
    # That these are requests and no noise: many are let in, many are refused for a reason of their own.
    assert {200, 400, 401, 404, 405} <= set(seen)
    assert seen[200] > total / 10


def drafts_for(tasks: dict[str, list[Task]]) -> list[Draft]:
    """Right requests about some tasks."""
    paths = {
        "opsmanager": [task.target.removesuffix("/retry") for task in tasks["opsmanager"]],
        "sls": [tasks["sls"][0].target, *(task.id for task in tasks["sls"])],
        "vcf": [task.target for task in tasks["vcf"]],
    }
    return drafts(paths, {"sls": tasks["sls"][0].host}, int(time.time()))


async def bombarded(clients: Sequence["Client"], every: Sequence[Draft], number: int) -> None:
    """Let clients send so many requests between them, all at once."""
    left = iter(range(number))
    await asyncio.gather(*(client.use_up(left, every) for client in clients))


@dataclass(slots=True)
class Client:
    """Sends one request after the other and counts the statuses of the answers."""

    base_url: str
    rng: random.Random
    keys: Keys
    seen: Counter[int]

    async def use_up(self, left: Iterator[int], every: Sequence[Draft]) -> None:
        """Send requests for as long as there are any left, on a connection that is kept while it lasts."""
        while True:
            async with connected(self.base_url) as line:
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
        """Send bytes on a connection of their own, and read what comes back until it is closed."""
        async with connected(self.base_url) as line, asyncio.timeout(30):
            received = b""
            with suppress(ConnectionError):
                line.writer.write(data)
                line.writer.write_eof()
                received = await line.reader.read(2**20)
                while more := await line.reader.read(2**20):
                    received += more
        for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", received):
            assert int(status) < 500, f"{status!r} to {data!r}: {received!r}"
            self.seen[int(status)] += 1
