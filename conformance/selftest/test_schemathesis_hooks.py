"""Plain schemathesis with our hooks signs its requests for whichever of the three documents it is given."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from retryspec.documents import slugs
from retryspec.reference.app import application
from retryspec.reference.serve import running
from starlette.types import ASGIApp, Message, Receive, Scope, Send

OPENAPI = Path(__file__).parents[2] / "openapi"

CREDENTIALS = {
    "SLS_ACCESS_KEY_ID": "retryspec-id",
    "SLS_ACCESS_KEY_SECRET": "retryspec-secret",
    "SLS_PROJECT": "demo",
    "VCF_USERNAME": "admin@local",
    "VCF_PASSWORD": "retryspec-pass",
    "OM_PUBLIC_KEY": "retryspec",
    "OM_PRIVATE_KEY": "retryspec-key",
}
BASE_PATH = {"opsmanager": "/api/public/v1.0"}


class Counting:
    """Counts the statuses of an application's answers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.statuses: Counter[int] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.statuses[message["status"]] += 1
            await send(message)

        await self._app(scope, receive, counted)


@pytest.mark.parametrize("slug", slugs())
def test_requests_are_signed(slug: str, tmp_path: Path) -> None:
    """No request but a digest's first one, and logins that are made up, is refused for its credentials."""
    app = Counting(application([slug]))
    with running(app) as base_url:
        done = subprocess.run(
            [
                *(str(Path(sys.executable).with_name("schemathesis")), "run", str(OPENAPI / f"{slug}.yaml")),
                *("--url", base_url + BASE_PATH.get(slug, ""), "--phases", "examples", "--seed", "1"),
                *("--checks", "not_a_server_error,response_schema_conformance"),
            ],
            cwd=tmp_path,
            env={**os.environ, **CREDENTIALS, "SCHEMATHESIS_HOOKS": "retryspec.schemathesis_hooks"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert done.returncode == 0, done.stdout + done.stderr
    others = sum(count for status, count in app.statuses.items() if status != 401)
    assert others >= 3
    assert app.statuses[401] <= others


@pytest.mark.parametrize("slug", slugs())
def test_missing_credentials_are_named(slug: str, tmp_path: Path) -> None:
    """Without its environment variables nothing is sent, and the first that is missing is named."""
    names = [name for name in CREDENTIALS if name.startswith({"opsmanager": "OM"}.get(slug, slug.upper()))]
    env = {name: value for name, value in os.environ.items() if name not in CREDENTIALS}
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("schemathesis")),
            "run",
            str(OPENAPI / f"{slug}.yaml"),
            "--url",
            "http://127.0.0.1:1",
        ],
        cwd=tmp_path,
        env={**env, "SCHEMATHESIS_HOOKS": "retryspec.schemathesis_hooks"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode != 0
    assert names[0] in done.stdout + done.stderr
