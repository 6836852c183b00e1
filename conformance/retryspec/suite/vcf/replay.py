"""Writes a VCF request as a `curl` line that signs in afresh, with the secrets in environment variables."""

import json
import shlex
from collections.abc import Mapping

from retryspec.curl import curl_line
from retryspec.exchange import Request
from retryspec.suite.vcf.target import VcfTarget

__all__ = ["replay_line"]


def replay_line(target: VcfTarget, token: str | None, request: Request, url: str, *, login_path: str) -> str:
    """A line that sends a request again.

    `$VCF_TOKEN` is an access token; with a user's name in the target file the line fetches one by itself, for the
    password in `$VCF_PASSWORD`.
    """
    variables = {value: name for value, name in ((token, "VCF_TOKEN"), (target.password, "VCF_PASSWORD")) if value}
    if request.signs_in:
        body = (request.body or b"").decode("utf-8", "replace")
        password = json.dumps(target.password)[1:-1] if target.password else ""
        if password and f'"{password}"' in body and body.isprintable():
            line = curl_line(request.method, url, request.headers, b"")
            data = _with_variables(body, {password: "VCF_PASSWORD"})
            return line.replace("--data-raw ''", f"--data-raw {data}")
        return curl_line(request.method, url, request.headers, request.body)
    fixed, computed = [], []
    for name, value in request.headers:
        if token and token in value:
            computed.append((name, _in_double_quotes(value, token)))
        else:
            fixed.append((name, value))
    prelude = ""
    if computed and "VCF_TOKEN" in variables.values() and target.token is None:
        prelude = _fetching(target, url.partition(request.target)[0] + target.claim.base_path + login_path)
    return curl_line(request.method, url, fixed, request.body, prelude=prelude, computed=computed)


def _fetching(target: VcfTarget, login_url: str) -> str:
    password = json.dumps(target.password or "")[1:-1]
    body = json.dumps({"username": target.username, "password": target.password})
    data = _with_variables(body, {password: "VCF_PASSWORD"}) if password else shlex.quote(body)
    return (
        f"VCF_TOKEN=$(curl -sS -H 'Content-Type: application/json' --data-raw {data} {shlex.quote(login_url)} | "
        r"""sed -n 's/.*"accessToken" *: *"\([^"]*\)".*/\1/p');"""
    )


def _with_variables(text: str, variables: Mapping[str, str]) -> str:
    """A text as one word of a shell, with variables in place of what they hold, where each stands last."""
    for value, name in variables.items():
        before, found, after = text.rpartition(value)
        if found:
            return f'{shlex.quote(before)}"${name}"{shlex.quote(after)}'
    return shlex.quote(text)


def _in_double_quotes(value: str, token: str) -> str:
    before, _, after = value.partition(token)
    return f"{_escaped(before)}${{VCF_TOKEN}}{_escaped(after)}"


def _escaped(text: str) -> str:
    return "".join(f"\\{character}" if character in '\\"$`' else character for character in text)
