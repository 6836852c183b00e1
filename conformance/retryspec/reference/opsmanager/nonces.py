"""The nonces that the Ops Manager server has given out, and which counts each was used with.

They live in memory: after a restart a client's nonce is unknown, which a client mends by itself as when one expires.
"""

import base64
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass, field

__all__ = ["Nonces"]

# Strangers are given one per request, and none for long: beyond this number the oldest go first.
MOST = 50_000
NONCE_BYTES = 24


@dataclass(slots=True)
class _Given:
    at: float
    counts: set[int] = field(default_factory=set)


class Nonces:
    """Nonces by their text, in the order in which they were given out."""

    def __init__(self) -> None:
        self._given: OrderedDict[str, _Given] = OrderedDict()
        self._lock = threading.Lock()

    def new(self, now: float) -> str:
        """Return a new nonce: 32 characters of base64, as those of the real server are."""
        nonce = base64.b64encode(secrets.token_bytes(NONCE_BYTES)).decode()
        with self._lock:
            self._given[nonce] = _Given(now)
            if len(self._given) > MOST:
                self._given.popitem(last=False)
        return nonce

    def age(self, nonce: str, now: float) -> float | None:
        """Return how many seconds ago a nonce was given out, or None where it is unknown."""
        with self._lock:
            given = self._given.get(nonce)
            return None if given is None else now - given.at

    def use(self, nonce: str, count: int) -> bool:
        """Note a use of a nonce, and tell whether it is the first one with this count.

        Counts need not rise: requests that go out together arrive in any order.
        """
        with self._lock:
            given = self._given.get(nonce)
            if given is None or count in given.counts:
                return False
            given.counts.add(count)
            return True

    def drop(self, nonce: str) -> None:
        """Forget a nonce."""
        with self._lock:
            self._given.pop(nonce, None)
