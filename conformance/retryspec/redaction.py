"""Keeps secrets out of everything that is stored or shown.

A server may send a secret back as it likes: escaped, encoded, inside of something else, or in two halves.
So each secret is looked for whole in many forms, and as it is also in part: half of one is a secret as well.
"""

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import quote, quote_plus

__all__ = ["REDACTED", "Redactor"]

REDACTED = "[redacted]"

SHORTEST = 4
"""Shorter values are no secrets worth the name, and replacing them would garble every text."""

SHORTEST_PART = 6
LONGEST_PART = 32
"""Characters of a part that give it away: the half of a secret, within these bounds."""

LONGEST = 2 * 1024
"""Characters of a secret that are looked for: what is longer is a whole page that a server calls a token."""

MOST_LEARNED = 200
"""Tokens that are remembered, the last ones given."""

# What a well-known value begins with gives nothing away, and stands in texts of ours.
_OURS = "retryspec-"


class Redactor:
    """Replaces secrets in any of the forms in which a server may send them back."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = tuple(dict.fromkeys(secrets))
        self._learned: dict[str, None] = {}

    def learn(self, secrets: Iterable[str]) -> None:
        """Remember further secrets, such as tokens that a server has given."""
        # One assignment, since several threads may learn at once.
        known = {**self._learned, **dict.fromkeys(secrets)}
        self._learned = dict.fromkeys(list(known)[-MOST_LEARNED:])

    def text(self, text: str, also: Iterable[str] = ()) -> str:
        """The text without the secrets, and without those of `also`."""
        # A text is looked at for each whole form before any part is replaced, and longest first: one may hold another.
        secrets = [*self._secrets, *self._learned, *also]
        wanted = sorted({secret[:LONGEST] for secret in secrets if len(secret) >= SHORTEST}, key=len, reverse=True)
        for secret in wanted:
            for form in _forms(secret):
                if form in text:
                    text = text.replace(form, REDACTED)
        for secret in wanted:
            text = _without_parts(text, secret)
        return text


def _without_parts(text: str, secret: str) -> str:
    """The text without any half of a secret."""
    length = max(SHORTEST_PART, min(len(secret) // 2, LONGEST_PART))
    if len(text) < length or len(secret) < 2 * SHORTEST_PART:
        return text
    for start in range(len(secret) - length + 1):
        part = secret[start : start + length]
        # Longer pieces first; a shorter one may still stand elsewhere.
        while part in text and part not in _OURS:
            end = start + length
            while end < len(secret) and secret[start : end + 1] in text:
                end += 1
            text = text.replace(secret[start:end], REDACTED)
    return text


@lru_cache(maxsize=512)
def _forms(secret: str) -> tuple[str, ...]:
    """A secret in every form, the longest first."""
    plain = secret.encode("utf-8", "surrogatepass")
    in_json = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    in_urls = {quote(plain, safe=""), quote(plain), quote_plus(plain), "".join(f"%{byte:02X}" for byte in plain)}
    forms = {
        secret,
        plain.decode("latin-1"),  # UTF-8 in a header
        *in_json,
        *(form.replace("/", "\\/") for form in in_json),
        "".join(f"\\u{unit:04x}" for unit in _utf_16(secret)),
        *in_urls,
        *(re.sub("%..", lambda found: found[0].lower(), form) for form in in_urls),
        html.escape(secret),
        html.escape(secret, quote=False),
        *(form for text in in_base64(plain) for form in (text, text.replace("+", "-").replace("/", "_"))),
        plain.hex(),
        plain.hex().upper(),
        secret[::-1],
    }
    return tuple(sorted((form for form in forms if len(form) >= SHORTEST), key=len, reverse=True))


def in_base64(plain: bytes) -> Iterator[str]:
    """What base64 makes of some bytes wherever they lie in others: the characters that they alone decide."""
    yield base64.b64encode(plain).decode()
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + plain).decode().rstrip("=")
        first = (8 * before + 5) // 6
        last = 8 * (before + len(plain)) // 6
        yield encoded[first:last]


def _utf_16(text: str) -> list[int]:
    raw = text.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(raw[place : place + 2], "big") for place in range(0, len(raw), 2)]
