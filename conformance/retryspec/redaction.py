"""Keeps secrets out of everything that is stored or shown."""

import base64
import html
import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

__all__ = ["REDACTED", "Redactor"]

REDACTED = "[redacted]"

SHORTEST = 4
"""Shorter values are no secrets worth the name, and replacing them would garble every text."""


class Redactor:
    """Replaces secrets in any of the forms in which a server may send them back."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._forms = _all_forms(secrets)

    def text(self, text: str, also: Iterable[str] = ()) -> str:
        """The text without the secrets, and without those of `also`."""
        for form in (*self._forms, *_all_forms(also)):
            text = text.replace(form, REDACTED)
        return text


def _all_forms(secrets: Iterable[str]) -> list[str]:
    forms = {form for secret in secrets if len(secret) >= SHORTEST for form in _forms(secret)}
    # Longest first: one form may hold another.
    return sorted(forms, key=len, reverse=True)


def _forms(secret: str) -> set[str]:
    plain = secret.encode("utf-8", "surrogateescape")
    in_json = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    in_urls = {quote(plain, safe=""), quote(plain), quote_plus(plain)}
    encoded = {base64.b64encode(plain).decode(), base64.urlsafe_b64encode(plain).decode()}
    return {
        secret,
        plain.decode("latin-1"),  # UTF-8 in a header
        *in_json,
        *(form.replace("/", "\\/") for form in in_json),
        *in_urls,
        *(re.sub("%..", lambda found: found[0].lower(), form) for form in in_urls),
        html.escape(secret),
        html.escape(secret, quote=False),
        *encoded,
        *(form.rstrip("=") for form in encoded),
        plain.hex(),
        plain.hex().upper(),
    }
