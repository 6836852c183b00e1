"""What a run costs: seconds, requests, the share of waiting, growth with latency and workers, start-up, memory."""

import asyncio
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from retryspec.documents import slugs

from bench.results import Results
from bench.servers import served, target_text

__all__ = ["command", "measure", "table"]

APART = "a server that runs already"
LATENCIES = (0, 10, 50, 200)
"""Milliseconds that a server takes longer for each answer."""


def measure(results: Results, *, anew: bool) -> None:
    """Time whole commands, one after another."""
    found = results.piece("time", anew=anew)

    def note(name: str, *words: str, target: Path | None = None) -> None:
        if name in found:
            return
        where = ["--target", str(target)] if target else ["--reference"]
        found[name] = command(["check", *words, *where])
        results.save()

    found.setdefault("start-up", min(command(["--help"])["seconds"] for _ in range(5)))
    for depth in ("quick", "standard"):
        for slug in slugs():
            note(f"{slug}, {depth}", slug, "--depth", depth)
        note(f"all, {depth}", "--depth", depth)
    for workers in (2, 4, 8):
        note(f"all, standard, {workers} workers", "--workers", str(workers))
    with served() as base_url:
        assert base_url is not None
        with tempfile.TemporaryDirectory(prefix="retryspec-") as folder:
            target = Path(folder) / "target.toml"
            target.write_text("\n".join(target_text(slug, base_url) for slug in slugs()), encoding="utf-8")
            for slug in slugs():
                note(f"{slug}, quick, {APART}", slug, "--depth", "quick", target=target)
            note(f"all, quick, {APART}", "--depth", "quick", target=target)
        for latency in LATENCIES:
            with delayed(base_url, latency / 1000) as url, tempfile.TemporaryDirectory(prefix="retryspec-") as folder:
                target = Path(folder) / "target.toml"
                target.write_text("\n".join(target_text(slug, url) for slug in slugs()), encoding="utf-8")
                for workers in (1, 8):
                    words = ("--workers", str(workers), "--timeout", "30")
                    note(f"all, standard, {latency} ms later, {workers} workers", *words, target=target)


def command(words: Sequence[str]) -> dict[str, Any]:
    """What a command costs, with all processes that it starts."""
    with tempfile.TemporaryDirectory(prefix="retryspec-") as folder:
        started = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-c", _MEASURED, sys.executable, "-m", "retryspec", *words],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = round(time.monotonic() - started, 2)
    requests = re.search(r"(\d+) requests in ([\d.]+) s", done.stdout)
    memory, processor = done.stderr.split()[-2:]
    return {
        "seconds": seconds, "exit": done.returncode, "requests": int(requests[1]) if requests else 0,
        "own": float(requests[2]) if requests else 0.0, "warned": bool(re.search(r"\bwarn\b", done.stdout)),
        "megabytes": round(int(memory) / 1024), "processor": float(processor),
        "load": round(os.getloadavg()[0], 1),
    }  # fmt: skip


_MEASURED = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_maxrss, round(used.ru_utime + used.ru_stime, 2), file=sys.stderr)
sys.exit(done.returncode)
"""


@contextmanager
def delayed(base_url: str, seconds: float) -> Iterator[str]:
    """A way to a server that hands every answer on only after a while."""
    port = int(base_url.rpartition(":")[2])
    loop = asyncio.new_event_loop()
    ready: list[int] = []
    started = threading.Event()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, wait: float) -> None:
        while data := await reader.read(65536):
            if wait:
                await asyncio.sleep(wait)
            writer.write(data)
            await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        its_reader, its_writer = await asyncio.open_connection("127.0.0.1", port)
        ways = (pass_on(reader, its_writer, 0), pass_on(its_reader, writer, seconds))
        await asyncio.gather(*ways, return_exceptions=True)

    async def main() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=512)
        ready.append(server.sockets[0].getsockname()[1])
        started.set()
        await asyncio.Event().wait()

    def work() -> None:
        task = loop.create_task(main())
        loop.run_forever()
        task.cancel()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    started.wait(10)
    try:
        yield f"http://127.0.0.1:{ready[0]}"
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)


def table(found: dict[str, Any]) -> Sequence[str]:
    """The figures as a table."""
    lines = [
        f"`retryspec --help` takes {found.get('start-up')} s.",
        "",
        "Seconds are those of the whole command, its own those that its report gives: without loading and reports.",
        "Processor seconds are those of all processes of the command, with --reference those of the server too.",
        "Waiting is the part of its time in which a command against a running server uses no processor.",
        "The load is the machine's at the end of a run: above its number of cores, the seconds say little.",
        "",
        "| run | seconds | its own | requests | processor seconds | waiting | largest process, MB | exit | load |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, each in found.items():
        if isinstance(each, dict):
            waits = APART in name or "ms later, 1 workers" in name
            each = {**each, "waiting": f"{max(0.0, 1 - each['processor'] / each['seconds']):.0%}" if waits else "-"}
            keys = ("seconds", "own", "requests", "processor", "waiting", "megabytes", "exit", "load")
            lines.append(f"| {name} | " + " | ".join(str(each[key]) for key in keys) + " |")
    return lines
