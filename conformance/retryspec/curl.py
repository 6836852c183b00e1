"""Writes a request as a `curl` line that can be pasted into a shell."""

import shlex
from collections.abc import Iterable

__all__ = ["curl_line"]

MOST_BODY = 32 * 1024
"""Bytes of a body that are written: a shell takes no word of any length."""

# What curl adds by itself where a request has not got it, and a value that keeps it from doing so.
_ADDED = ("Accept", "User-Agent")
_ADDED_TO_BODY = (*_ADDED, "Content-Type", "Expect")


def curl_line(
    method: str,
    url: str,
    headers: Iterable[tuple[str, str]],
    body: bytes | None,
    *,
    prelude: str = "",
    computed: Iterable[tuple[str, str]] = (),
    chunked: bool = False,
) -> str:
    """A line for bash that sends the request, byte for byte but for what is computed afresh.

    Args:
        method: the request's method.
        url: the whole URL, path and query as they go out.
        headers: headers to send as they stand.
        body: the body, if there is one.
        prelude: shell commands that come before, such as the making of a signature.
        computed: headers whose value holds shell variables that the prelude set.
        chunked: whether the body goes in chunks.
    """
    headers, computed = list(headers), list(computed)
    present = {name.lower() for name, _ in (*headers, *computed)}
    words = ["curl", "-sS", "-i", "--path-as-is", "-g"]
    words += {"GET": [], "HEAD": ["--head"]}.get(method, ["-X", _quoted(method)])
    # A GET with a body: curl would make a POST of it.
    words += ["-X", "GET"] if method == "GET" and body is not None else []
    words += ["--compressed"] if "accept-encoding" in present else []
    words.append(_quoted(url))
    for name, value in headers:
        # curl counts the body by itself, unless the request is wrong about its length on purpose.
        if name.lower() != "content-length" or value != str(len(body or b"")):
            words += ["-H", _quoted(f"{name}: {value}" if value else f"{name};")]
    for name, value in computed:
        words += ["-H", f'"{name}: {value}"']
    absent = _ADDED if body is None else _ADDED_TO_BODY
    words += [word for name in absent if name.lower() not in present for word in ("-H", f"{name}:")]
    words += ["-H", "'Transfer-Encoding: chunked'"] if chunked else []
    if body is not None:
        # Not --data-binary, which takes a leading @ for the name of a file; but no argument can hold a NUL.
        words += (
            ["--data-binary", f"@<(printf {_quoted_format(body)})"]
            if b"\0" in body
            else ["--data-raw", _quoted_bytes(body)]
        )
    line = " ".join(words)
    return f"{prelude} {line}" if prelude else line


def _quoted(text: str) -> str:
    # Header values are bytes, each of which is one character here.
    plain = text.isascii() and text.isprintable()
    return shlex.quote(text) if plain else _quoted_bytes(text.encode("latin-1", "replace"))


def _quoted_bytes(body: bytes) -> str:
    """Bytes as one word of bash; those that do not stand in a line of text are escaped."""
    cut = body[:MOST_BODY]
    text = cut.decode("utf-8", "surrogateescape")
    if text.isprintable():
        return shlex.quote(text) if len(cut) == len(body) else shlex.quote(f"{text}…")
    escaped = "".join(_escaped(character) for character in text)
    return f"$'{escaped}'" if len(cut) == len(body) else f"$'{escaped}…'"


def _quoted_format(body: bytes) -> str:
    text = body[:MOST_BODY].decode("latin-1")
    plain = {character: character for character in text if character.isascii() and character.isalnum()}
    return "'" + "".join(plain.get(character, f"\\{ord(character):03o}") for character in text) + "'"


def _escaped(character: str) -> str:
    if character in "\\'":
        return f"\\{character}"
    if character.isprintable():
        return character
    return "".join(f"\\{byte:03o}" for byte in character.encode("utf-8", "surrogateescape"))
