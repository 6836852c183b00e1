"""What other tools say of a server: stock schemathesis with the document, Redocly Respect with the Arazzo document.

Two more were looked at and are not run here. Dredd sends one request for each documented answer and takes every member
of an example for a required one, so that it objects to the reference as well, and it can sign nothing. Prism judges
only what another client sends through it, reads no digest header as RFC 7616 writes it, and leaves bodies unvalidated
where a document names its dialect.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

__all__ = ["PEERS", "Seen", "complaints"]

SECONDS = 600.0
ROOT = Path(__file__).parents[2]
CREDENTIALS = {
    "SLS_ACCESS_KEY_ID": "retryspec-id", "SLS_ACCESS_KEY_SECRET": "retryspec-secret", "SLS_PROJECT": "demo",
    "VCF_USERNAME": "admin@local", "VCF_PASSWORD": "retryspec-pass",
    "OM_PUBLIC_KEY": "retryspec", "OM_PRIVATE_KEY": "retryspec-key",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seen:
    """What one tool said of one server."""

    said: str
    """`killed`, `warned` or `passed`, or `no verdict`."""
    named: bool
    """Whether it named the behaviour that is broken."""
    requests: int
    seconds: float
    findings: tuple[str, ...] = ()
    """What schemathesis complained of: operations with the codes of its checks."""


def schemathesis(slug: str, base_url: str) -> Seen:
    """`schemathesis run` with the document, our credentials and all its checks."""
    server = base_url + ("/api/public/v1.0" if slug == "opsmanager" else "")
    words = (str(Path(sys.executable).with_name("schemathesis")), "run", str(ROOT / "openapi" / f"{slug}.yaml"))
    code, said, seconds = _run(*words, "--seed", "1", "--url", server)
    cases = re.search(r"(\d+) generated", said)
    return Seen(_verdict(code), False, int(cases[1]) if cases else 0, seconds, complaints(said))


def respect(slug: str, base_url: str) -> Seen:
    """Redocly Respect with the Arazzo document; for SLS it cannot sign, which is no verdict."""
    code, said, seconds = _run(sys.executable, str(ROOT / ".ci" / "try-arazzo"), base_url, slug)
    return Seen(_verdict(code), False, len(re.findall(r" - step ", said)), seconds)


PEERS = {"schemathesis": schemathesis, "respect": respect}


def _run(*words: str) -> tuple[int | None, str, float]:
    """Exit code (None where the time was over), output and seconds."""
    started = time.monotonic()
    env = {**os.environ, **CREDENTIALS, "SCHEMATHESIS_HOOKS": "retryspec.schemathesis_hooks"}
    with tempfile.TemporaryDirectory(prefix="retryspec-") as folder:
        # Respect looks for what is installed in the project's folder; schemathesis writes into the one it runs in.
        cwd = folder if "schemathesis" in words[0] else ROOT
        try:
            done = subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return None, "", SECONDS
    return done.returncode, done.stdout, round(time.monotonic() - started, 2)


def _verdict(code: int | None) -> str:
    return {0: "passed", 1: "killed"}.get(-1 if code is None else code, "no verdict")


def complaints(said: str) -> tuple[str, ...]:
    """What schemathesis found, without the examples that differ from run to run."""
    found, operation = set[str](), ""
    for line in said.splitlines():
        if heading := re.fullmatch(r"_+ (.+?) _+", line):
            operation = heading[1]
        elif complaint := re.match(r"- (ST\d+) ", line):
            found.add(f"{operation}: {complaint[1]}")
    return tuple(sorted(found))
