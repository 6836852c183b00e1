"""Writes an Ops Manager request as a `curl` line that signs it afresh, with the key pair from the environment."""

from retryspec.authentication.opsmanager import parse_authorization, verify
from retryspec.curl import curl_line
from retryspec.exchange import Request

__all__ = ["replay_line"]

_SIGNED = ' --digest --user "$OM_PUBLIC_KEY:$OM_PRIVATE_KEY"'


def replay_line(request: Request, url: str, *, public_key: str, private_key: str) -> str:
    """The line: with a digest of its own if the request was signed rightly, else with what was sent, secrets aside."""
    claim = parse_authorization(request.header("Authorization") or "")
    right = (
        claim is not None
        and claim.username == public_key
        and claim.uri == request.target
        and verify(private_key, request.method, claim)
    )
    if not right:
        return curl_line(request.method, url, request.headers, request.body, chunked=request.chunked)
    fixed = [(name, value) for name, value in request.headers if name.lower() != "authorization"]
    line = curl_line(request.method, url, fixed, request.body, chunked=request.chunked)
    return line.replace("curl -sS -i", f"curl -sS -i{_SIGNED}", 1)
