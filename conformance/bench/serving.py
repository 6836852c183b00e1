"""Requests per second of the reference server, beside a bare Starlette route that returns a constant."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from retryspec.documents import slugs
from retryspec.exchange import Request
from retryspec.session import RunOptions, connect
from retryspec.target import Table

from bench.results import Results
from bench.servers import served, target_text

__all__ = ["measure"]

SECONDS = 3.0
LINES = 8


def measure(results: Results, *, anew: bool) -> None:
    """Ask for a status and for retries, over eight connections."""
    found = results.piece("server", anew=anew)
    with bare() as url:
        found["a bare Starlette route"] = asyncio.run(_rate(url, lambda _: b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
    with served() as base_url:
        assert base_url is not None
        for slug in slugs():
            for name, requests in _requests(slug, base_url).items():
                found[f"{slug}, {name}"] = asyncio.run(_rate(base_url, requests))
                results.save()


def _requests(slug: str, base_url: str) -> dict[str, Callable[[int], bytes]]:
    """What makes the n-th request of each kind, signed."""
    import tomllib

    table = Table(slug, tomllib.loads(target_text(slug, base_url))[slug], file="bench")
    connection: Any = connect(table, RunOptions())
    module = __import__(f"bench.calls.{slug}", fromlist=["calls"])
    made: dict[str, Callable[[int], Request]] = module.calls(connection)
    return {name: partial(_made, make) for name, make in made.items()}


def _made(make: Callable[[int], Request], number: int) -> bytes:
    return _wire(make(number))


def _wire(request: Request) -> bytes:
    body = request.body or b""
    lines = [f"{request.method} {request.target} HTTP/1.1", *(f"{name}: {value}" for name, value in request.headers)]
    if request.body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


async def _rate(url: str, make: Callable[[int], bytes]) -> int:
    port = int(url.rpartition(":")[2])
    ends_at = time.monotonic() + SECONDS
    numbers = iter(range(10**9))

    async def line() -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        answers = 0
        while time.monotonic() < ends_at:
            writer.write(make(next(numbers)))
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
            await reader.readexactly(length)
            answers += 1
        writer.close()
        return answers

    return round(sum(await asyncio.gather(*(line() for _ in range(LINES)))) / SECONDS)


@contextmanager
def bare() -> Iterator[str]:
    """A route that returns a constant."""
    from retryspec.reference.serve import running
    from starlette.applications import Starlette
    from starlette.requests import Request as Asked
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    async def constant(_: Asked) -> JSONResponse:
        return JSONResponse({"count": 0})

    with running(Starlette(routes=[Route("/", constant)])) as url:
        yield url


def table(found: dict[str, Any]) -> Sequence[str]:
    """The figures as a table."""
    lines = ["| what | requests per second |", "|---|---|"]
    return [*lines, *(f"| {name} | {rate} |" for name, rate in found.items() if isinstance(rate, int))]
