"""Whatever a server does, a run ends by itself, in bounded memory, with a whole report that says what it did.

Of the many pairs of a hostile server and an API a plain run takes each server once, and of the rare ones some;
`make soak` takes all.
"""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

import jsonschema_rs
import pytest
from retryspec.documents import slugs
from retryspec.reference.target import reference_target
from retryspec.report import report_json, report_schema
from retryspec.runner import Plan, run
from retryspec.verdicts import Outcome
from selftest.hostility import HOSTILE, RARE, SCRIPT, TURNING, Serve
from selftest.load import size
from selftest.raw_servers import raw_server

MAX_TIME = 5.0
GRACE = 10.0
MOST_MEMORY = 400 * 1024
"""Kilobytes."""

SCHEMA = jsonschema_rs.Draft202012Validator(report_schema())


ALL = {**HOSTILE, **RARE}


def pairs(servers: Mapping[str, object], every: int) -> list[tuple[str, str]]:
    """Every so many-th server with one API, in turn; in `make soak` all of them with all APIs, or a share of that."""
    turns = [
        (name, slugs()[(turn + place) % len(slugs())])
        for turn in range(len(slugs()))
        for place, name in enumerate(servers)
    ]
    ordered = [pair for first in range(every) for pair in turns[first::every]]
    return ordered[: size(-(-len(servers) // every), len(ordered))]


@contextmanager
def target_of(
    slug: str, folder: Path, hostile: Serve | None = None, turning: str | None = None, key: str = "base_url"
) -> Iterator[Path]:
    """A target file that leads to a hostile server, with the reference server as provider of states, or the reverse."""
    with reference_target((slug,)) as file:
        text = file.read_text(encoding="utf-8")
        found = re.search(rf'{key} = "http://127\.0\.0\.1:(\d+)', text)
        assert found is not None
        serve = hostile or TURNING[str(turning)](int(found[1]))
        with raw_server(serve) as server:
            target = folder / "target.toml"
            target.write_text(text.replace(found[0], f'{key} = "{server.base_url}'), encoding="utf-8")
            yield target


def expect_verdict(target: Path, slug: str) -> None:
    """The run is over in time, with a verdict, a valid report and no failure of the suite's own."""
    started = time.monotonic()
    report = run(Plan(target=target, timeout=0.4, settle=0.2, max_time=MAX_TIME, depth="quick"))
    seconds = time.monotonic() - started

    content = report_json(report)
    SCHEMA.validate(json.loads(json.dumps(content)))
    [api] = report.apis
    assert seconds < MAX_TIME + GRACE
    assert report.exit_code in (1, 3)
    assert api.slug == slug
    assert not [result.reason for result in api.behaviours if result.outcome is Outcome.ERROR]
    assert "Traceback" not in json.dumps(content)
    told = [finding.received for result in api.behaviours for finding in result.findings]
    assert api.trouble or any(told)


@pytest.mark.parametrize(("name", "slug"), [*pairs(HOSTILE, 1), *pairs(RARE, 15)])
def test_hostile_server_gets_a_verdict(name: str, slug: str, tmp_path: Path) -> None:
    """A server that is hostile from the start ends a run with 1 or 3."""
    with target_of(slug, tmp_path, ALL[name]) as target:
        expect_verdict(target, slug)


@pytest.mark.parametrize(("name", "slug"), pairs(ALL, 40))
def test_hostile_provider_of_states_gets_a_verdict(name: str, slug: str, tmp_path: Path) -> None:
    """A provider of states is trusted no more than the server."""
    with target_of(slug, tmp_path, ALL[name], key="states_url") as target:
        expect_verdict(target, slug)


CLOSING = "closes every connection"
DAMAGING = "damages answers"
LATER = {name: serve for name, serve in TURNING.items() if name.endswith(", after a while")}
NOW_AND_THEN = {name: serve for name, serve in TURNING.items() if name not in {*LATER, CLOSING, DAMAGING}}


@pytest.mark.parametrize(("name", "slug"), [*pairs(NOW_AND_THEN, 1), *pairs(LATER, 9)])
def test_server_that_turns_hostile_gets_a_verdict(name: str, slug: str, tmp_path: Path) -> None:
    """A server that works for a while, or now and then, ends a run with 1 or 3 as well."""
    with target_of(slug, tmp_path, turning=name) as target:
        expect_verdict(target, slug)


@pytest.mark.parametrize("turn", range(size(1, 60)))
def test_damaged_answers_get_a_verdict(turn: int, tmp_path: Path) -> None:
    """Answers in which bytes are changed, lost or put in between by chance end a run with 1 or 3."""
    slug = slugs()[turn % len(slugs())]
    with target_of(slug, tmp_path, turning=DAMAGING) as target:
        expect_verdict(target, slug)


@pytest.mark.parametrize("slug", slugs())
def test_server_that_closes_every_connection_is_right(slug: str, tmp_path: Path) -> None:
    """Nobody has to keep a connection open."""
    with target_of(slug, tmp_path, turning=CLOSING) as target:
        report = run(Plan(target=target, max_time=60, depth="quick", only=("*-RETRY-0*",)))

    assert report.exit_code == 0


LARGE = ("endless body", "bomb of gzip", "deep objects", "very many objects", "scripts and escapes everywhere")
FIRST_LARGE = [*zip(LARGE, cycle(slugs()), strict=False), *pairs(ALL, 1)]


@pytest.mark.parametrize(("name", "slug"), FIRST_LARGE[: size(len(LARGE), len(FIRST_LARGE))])
def test_command_line_stays_small_and_clean(name: str, slug: str, tmp_path: Path) -> None:
    """The whole command stays below 400 MiB, writes its files, and lets nothing of a server reach the terminal raw."""
    measured = (
        "import resource, subprocess, sys; done = subprocess.run(sys.argv[1:], timeout=60);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr); sys.exit(done.returncode)"
    )
    out = tmp_path / "out"
    with target_of(slug, tmp_path, ALL[name]) as target:
        words = ["check", "--target", str(target), "--out", str(out), "--timeout", "0.4", "--settle", "0.2", "-v"]
        done = subprocess.run(
            [sys.executable, "-c", measured, sys.executable, "-m", "retryspec", *words, "--max-time", str(MAX_TIME)],
            capture_output=True,
            timeout=90,
            check=False,
        )

    assert done.returncode in (1, 3)
    assert int(done.stderr.split()[-1]) < MOST_MEMORY
    assert b"Traceback" not in done.stdout + done.stderr
    assert not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", done.stdout)
    assert "\u202e" not in done.stdout.decode()
    assert SCRIPT.encode() not in done.stdout
    SCHEMA.validate(json.loads((out / "report.json").read_text(encoding="utf-8")))
    assert (out / "junit.xml").is_file()
