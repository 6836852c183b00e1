"""Keeps secrets out of everything that is stored or shown."""

import base64
import json
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

__all__ = ["REDACTED", "Redactor"]

REDACTED = "[redacted]"

SHORTEST = 4
"""Shorter values are no secrets worth the name, and replacing them would garble every text."""


class Redactor:
    """Replaces secrets in any of the forms in which a server may send them back."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets if len(secret) >= SHORTEST for form in _forms(secret)}
        # Longest first: one form may hold another.
        self._forms = sorted(forms, key=len, reverse=True)

    def text(self, text: str, also: Iterable[str] = ()) -> str:
        """The text without the secrets, and without those of `also`."""
        for form in self._forms:
            text = text.replace(form, REDACTED)
        for secret in also:
            for form in sorted(_forms(secret), key=len, reverse=True):
                text = text.replace(form, REDACTED)
        return text


def _forms(secret: str) -> set[str]:
    plain = secret.encode()
    return {
        secret,
        quote(secret, safe=""),
        quote(secret),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        base64.b64encode(plain).decode(),
        base64.urlsafe_b64encode(plain).decode(),
        plain.hex(),
    }
