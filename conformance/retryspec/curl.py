"""Writes a request as a `curl` line that can be pasted into a shell."""

import shlex
from collections.abc import Iterable

__all__ = ["curl_line"]

# curl makes these by itself.
_IMPLIED = frozenset({"content-length", "accept-encoding", "connection", "transfer-encoding"})


def curl_line(
    method: str,
    url: str,
    headers: Iterable[tuple[str, str]],
    body: bytes | None,
    *,
    prelude: str = "",
    computed: Iterable[tuple[str, str]] = (),
) -> str:
    """A shell line that sends the request.

    Args:
        method: the request's method.
        url: the whole URL, path and query as they go out.
        headers: headers to send as they stand.
        body: the body, if there is one.
        prelude: shell commands that come before, such as the making of a signature.
        computed: headers whose value holds shell variables that the prelude set.
    """
    words = ["curl", "-sS", "-i", "--path-as-is", "-g"]
    words += [] if method == "GET" else ["-X", shlex.quote(method)]
    words.append(shlex.quote(url))
    for name, value in headers:
        if name.lower() not in _IMPLIED:
            words += ["-H", shlex.quote(f"{name}: {value}" if value else f"{name};")]
    for name, value in computed:
        words += ["-H", f'"{name}: {value}"']
    if body is not None:
        words += ["--data-binary", _quoted_bytes(body)]
    line = " ".join(words)
    return f"{prelude} {line}" if prelude else line


def _quoted_bytes(body: bytes) -> str:
    text = body.decode("utf-8", "backslashreplace")
    return shlex.quote(text if len(text) <= 2000 else f"{text[:2000]}…")
