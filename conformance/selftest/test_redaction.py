"""Secrets are taken out of every text, in whatever form they come back."""

import base64
import html
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from retryspec.redaction import REDACTED, Redactor

SECRET = 'pa/ss+wö"rd&=<%> x'

FORMS: dict[str, Callable[[str], str]] = {
    "as it is": lambda secret: secret,
    "percent-encoded": lambda secret: quote(secret, safe=""),
    "percent-encoded in a path": quote,
    "percent-encoded in lower case": lambda secret: "".join(
        f"%{byte:02x}" if not chr(byte).isalnum() or byte > 127 else chr(byte) for byte in secret.encode()
    ),
    "form-encoded": quote_plus,
    "in JSON": lambda secret: json.dumps(secret),
    "in JSON as UTF-8": lambda secret: json.dumps(secret, ensure_ascii=False),
    "in JSON with escaped slashes": lambda secret: json.dumps(secret).replace("/", "\\/"),
    "base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "base64 for URLs without padding": lambda secret: base64.urlsafe_b64encode(secret.encode()).decode().rstrip("="),
    "hexadecimal": lambda secret: secret.encode().hex(),
    "hexadecimal in upper case": lambda secret: secret.encode().hex().upper(),
    "HTML": html.escape,
    "HTML text": lambda secret: html.escape(secret, quote=False),
    "UTF-8 in a header": lambda secret: secret.encode().decode("latin-1"),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_secret_is_taken_out_in_every_form(form: Callable[[str], str]) -> None:
    """Whatever a server does to a secret before it sends it back, nothing of it is shown."""
    text = f"before {form(SECRET)} after"

    shown = Redactor([SECRET]).text(text)

    assert form(SECRET).strip('"') not in shown
    assert shown.startswith("before ")
    assert shown.endswith(" after")
    assert REDACTED in shown


def test_further_secrets_are_taken_out_as_well() -> None:
    """The secrets of one exchange go with those of the target."""
    assert Redactor(["first-secret"]).text("first-secret second-secret", ["second-secret"]) == f"{REDACTED} {REDACTED}"


def test_longer_secret_goes_first() -> None:
    """A secret that holds another one leaves no rest."""
    assert Redactor(["secret", "secret-and-more"]).text("secret-and-more") == REDACTED


@pytest.mark.parametrize("secret", ["", "a", "abc"])
def test_what_is_too_short_is_no_secret(secret: str) -> None:
    """A value of a few characters would garble every text."""
    assert Redactor([secret]).text("abc, a text", [secret]) == "abc, a text"
