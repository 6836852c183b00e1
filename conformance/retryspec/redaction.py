"""Keeps secrets out of everything that is stored or shown.

A server may send a secret back as it likes: escaped, encoded, inside of something else, or in two halves.
So each secret is looked for in many forms, and each form also in part: half of one is a secret as well.
"""

import base64
import html
import json
import re
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import quote, quote_plus

__all__ = ["REDACTED", "Memory", "Redactor", "memory_of"]

REDACTED = "[redacted]"

SHORTEST = 4
"""Shorter values are no secrets worth the name, and replacing them would garble every text."""

SHORTEST_PART = 6
LONGEST_PART = 32
"""Characters of a part that give it away: the half of a secret, within these bounds."""

LONGEST = 2 * 1024
"""Characters of a secret that are looked for: what is longer is a whole page that a server calls a token."""

MOST_REMEMBERED = 2000
"""Signatures that were sent and tokens that were given, the last ones."""

SHORTEST_REMEMBERED = 12
LEAST_VARIED = 8
"""Characters, and different ones: what has fewer, such as zeros, stands in texts that have nothing to do with it."""

MOST_IN_A_TEXT = 100
"""Of the remembered ones; a text that may have more of them is hidden whole."""

PIECE, LONG_PIECE = 6, 24
"""Characters by which a remembered secret is recognized: as it is, and where each character has become several."""

_LONG_BEGINS = re.compile(r"%|\\u|(?=[0-9A-Fa-f]{24})")
"""Where a long piece may begin: a character by its number, or as two digits."""

# What a well-known value begins with gives nothing away, and stands in texts of ours.
_OURS = "retryspec-"


class Memory:
    """Secrets that come up in the course of a run, such as signatures and tokens; safe to use from several threads.

    They are far too many to be looked for one by one, so it is kept with which pieces they begin or go on, in any form.
    """

    def __init__(self) -> None:
        self._new: deque[str] = deque(maxlen=MOST_REMEMBERED)
        self._known: dict[str, tuple[str, ...]] = {}
        """The pieces of each, the oldest first."""
        self._having: dict[str, dict[str, None]] = {}
        """The secrets that have a piece."""
        self._lock = threading.Lock()

    def add(self, secrets: Iterable[str]) -> None:
        """Remember further secrets."""
        self._new.extend(
            secret for secret in secrets if len(secret) >= SHORTEST_REMEMBERED and len(set(secret)) >= LEAST_VARIED
        )

    def remembered(self) -> list[str]:
        """All that are remembered, as another process needs them."""
        with self._lock:
            return [*self._known, *self._new]

    def likely_in(self, text: str) -> set[str]:
        """Those that may stand in a text, whole in any form or as it is in part."""
        found: set[str] = set()
        with self._lock:
            while self._new:
                self._index(self._new.popleft()[:LONGEST])
            if not self._known:
                return found
            pieces = {text[start : start + PIECE] for start in range(len(text) - PIECE + 1)}
            pieces |= {text[at.start() : at.start() + LONG_PIECE] for at in _LONG_BEGINS.finditer(text)}
            for piece in pieces & self._having.keys():
                found.update(self._having[piece])
        return found

    def _index(self, secret: str) -> None:
        before = self._known.pop(secret, None)
        pieces = before or tuple(dict.fromkeys(_pieces(secret)))
        self._known[secret] = pieces
        for piece in pieces:
            self._having.setdefault(piece, {})[secret] = None
        if len(self._known) > MOST_REMEMBERED:
            oldest = next(iter(self._known))
            for piece in self._known.pop(oldest):
                self._having[piece].pop(oldest)
                if not self._having[piece]:
                    self._having.pop(piece)


@lru_cache(maxsize=8)
def memory_of(base_url: str) -> Memory:
    """The memory of this process for a server; it outlasts a connection, as what a server knows does."""
    return Memory()


class Redactor:
    """Replaces secrets in any of the forms in which a server may send them back.

    Args:
        secrets: those that are known from the beginning.
        memory: those that come up later.
        public: what may be shown although a part of a secret may be the same, such as the id of a key or
            the name of a variable in a curl line.
    """

    def __init__(self, secrets: Iterable[str], memory: Memory | None = None, *, public: Iterable[str] = ()) -> None:
        self._secrets = tuple(dict.fromkeys(secrets))
        self._memory = memory or Memory()
        self._public = (_OURS, *(each.lower() for each in public if each not in self._secrets))

    def text(self, text: str, also: Iterable[str] = (), *, whole: Iterable[str] = ()) -> str:
        """The text without the secrets, without those of `also`, and without what is one only as a `whole`."""
        # A text is looked at for each whole form before any part is replaced, and longest first: one may hold another.
        likely = self._memory.likely_in(text)
        if len(likely) > MOST_IN_A_TEXT:
            return REDACTED
        for secret in _longest_first([*self._secrets, *likely, *also, *whole]):
            for form in _forms(secret):
                if form in text:
                    text = text.replace(form, REDACTED)
        for secret in _longest_first([*self._secrets, *also]):
            if any(piece in text for piece in _pieces_of_all_parts(secret)):
                text = self._without_parts(text, secret)
                for form in _forms(secret):
                    # In other letters it is no longer than it was, and half of it is needed as before.
                    text = self._without_parts(text, form, encoded=form.lower() != secret.lower())
        for secret in likely:
            text = self._without_parts(text, secret)
        return text

    def _without_parts(self, text: str, secret: str, *, encoded: bool = False) -> str:
        """The text without any half of a secret, or of what encodes it."""
        length = _part(secret, encoded=encoded)
        if len(text) < length or len(secret) < 2 * SHORTEST_PART:
            return text
        for start in range(len(secret) - length + 1):
            part = secret[start : start + length]
            # Longer pieces first; a shorter one may still stand elsewhere.
            while part in text and not any(part.lower() in known for known in self._public):
                end = start + length
                while end < len(secret) and secret[start : end + 1] in text:
                    end += 1
                text = text.replace(secret[start:end], REDACTED)
        return text


def _longest_first(secrets: Iterable[str]) -> list[str]:
    return sorted({secret[:LONGEST] for secret in secrets if len(secret) >= SHORTEST}, key=len, reverse=True)


def _part(secret: str, *, encoded: bool = False) -> int:
    """Characters of a part that gives a secret away; of what encodes it, less than half may do."""
    return max(SHORTEST_PART, min(len(secret) * 2 // 5 if encoded else len(secret) // 2, LONGEST_PART))


def _pieces(secret: str) -> Iterator[str]:
    """Pieces of which a text has at least one if it has a form of the secret, or a part of it."""
    for form in _forms(secret):
        long = len(form) >= 1.5 * len(secret) and _LONG_BEGINS.match(form)
        yield form[: LONG_PIECE if long else PIECE]
    yield from _pieces_of_parts(secret)


@lru_cache(maxsize=512)
def _pieces_of_all_parts(secret: str) -> frozenset[str]:
    """Pieces of which one lies in each part of each form."""
    encoded = (piece for form in _forms(secret) for piece in _pieces_of_parts(form, encoded=True))
    return frozenset([*_pieces_of_parts(secret), *encoded])


def _pieces_of_parts(secret: str, *, encoded: bool = False) -> tuple[str, ...]:
    """Pieces of which one lies in each part."""
    step = _part(secret, encoded=encoded) - PIECE + 1
    return tuple(secret[start : start + PIECE] for start in range(0, len(secret) - PIECE + 1, step))


@lru_cache(maxsize=512)
def _forms(secret: str) -> tuple[str, ...]:
    """A secret in every form, the longest first."""
    plain = secret.encode("utf-8", "surrogatepass")
    in_json = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    in_urls = {quote(plain, safe=""), quote(plain), quote_plus(plain), "".join(f"%{byte:02X}" for byte in plain)}
    in_urls.add("".join(chr(byte) if byte < 128 and chr(byte).isalnum() else f"%{byte:02X}" for byte in plain))
    forms = {
        secret,
        plain.decode("latin-1"),  # UTF-8 in a header
        *in_json,
        *(form.replace("/", "\\/") for form in in_json),
        "".join(f"\\u{unit:04x}" for unit in _utf_16(secret)),
        *in_urls,
        repr(plain)[2:-1],  # in an error about bytes
        secret.upper(),
        secret.lower(),
        *(re.sub("%..", lambda found: found[0].lower(), form) for form in in_urls),
        html.escape(secret),
        html.escape(secret, quote=False),
        *(
            form
            for text in in_base64(plain)
            for form in (text, text.replace("+", "-").replace("/", "_"), quote(text, safe=""))
        ),
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
