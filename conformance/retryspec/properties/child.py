"""Runs the generator in a process of its own: with a clock, a bound on what is read, and no trust in how it ends."""

import base64
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass

from retryspec.documents import Document
from retryspec.properties.cases import Case

__all__ = ["GeneratorFailed", "Wanted", "generated"]

MOST_OUTPUT = 64 * 1024 * 1024


class GeneratorFailed(Exception):
    """Raised when the generator did not come to its end; never a verdict on a server."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be generated."""

    operations: Collection[str]
    known: Collection[str]
    """The parts of requests that the server under test knows values for, such as `path.id`."""
    seed: int
    examples: int
    """Random requests for each operation, valid ones and as many that are not."""
    coverage: bool = True
    """Whether the boundaries of the schemas are wanted as well."""


def generated(document: Document, wanted: Wanted, *, seconds: float) -> list[Case]:
    """Generate cases from a document.

    Args:
        document: the contract.
        wanted: what is to be generated.
        seconds: after so long the generator is stopped.

    Raises:
        GeneratorFailed: it did not come to its end in time, or at all.
    """
    request = {
        "document": document.content,
        "operations": sorted(wanted.operations),
        "known": sorted(wanted.known),
        "seed": wanted.seed,
        "examples": wanted.examples,
        "coverage": wanted.coverage,
    }
    with tempfile.TemporaryDirectory(prefix="retryspec-") as folder:
        output, code, complaint = _run(json.dumps(request).encode(), folder, seconds)
    lines = output[:MOST_OUTPUT].splitlines()
    if not lines or lines[-1] != b"end":
        raise GeneratorFailed(f"no requests could be generated (exit {code}): {complaint or 'it was stopped'}")
    return [_case(json.loads(line)) for line in lines[:-1]]


def _run(request: bytes, folder: str, seconds: float) -> tuple[bytes, int | None, str]:
    # A folder of its own, since schemathesis and hypothesis leave files there; a fixed hash seed, so that it repeats.
    environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONWARNINGS": "ignore", "COLUMNS": "80"}
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "retryspec.properties.generator"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env=environment,
        start_new_session=True,
    )
    try:
        output, complaint = process.communicate(request, timeout=seconds)
    except subprocess.TimeoutExpired:
        return b"", None, f"not done after {seconds:.0f} s"
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
    return output, process.returncode, complaint.decode("utf-8", "replace").strip()[-2000:]


def _case(raw: dict[str, object]) -> Case:
    body = raw["body"]
    return Case(
        number=int(str(raw["number"])),
        operation=str(raw["operation"]),
        method=str(raw["method"]),
        target=str(raw["target"]),
        body=base64.b64decode(body) if isinstance(body, str) else None,
        media_type=str(raw["media_type"]) if raw["media_type"] is not None else None,
        valid=bool(raw["valid"]),
        phase=str(raw["phase"]),
        about=str(raw["about"]),
    )
