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


@pytest.mark.parametrize("before", range(7))
def test_secret_within_base64_is_taken_out(before: int) -> None:
    """Wherever in an encoded text a secret lies, what it alone decides of the text is replaced."""
    plain = SECRET.encode()
    encoded = base64.b64encode(b"u" * before + plain + b" and more").decode()
    first, last = (8 * before + 5) // 6, 8 * (before + len(plain)) // 6

    assert Redactor([SECRET]).text(encoded) == encoded[:first] + REDACTED + encoded[last:]


@pytest.mark.parametrize("cut", range(1, 20))
def test_no_half_of_a_secret_is_left(cut: int) -> None:
    """A secret that comes in two pieces is taken out of the text that holds the larger one."""
    secret = "9f8e7d6c5b4a39281706"
    shown = Redactor([secret]).text(f'{{"first": "{secret[:cut]}", "second": "{secret[cut:]}"}}')

    assert max(secret[:cut], secret[cut:], key=len) not in shown


def test_cut_secret_is_taken_out() -> None:
    """What is left of a token at the end of a text that was cut is half a token at most."""
    token = "eyJhbGciOiJIUzI1NiJ9." + "abcdefgh" * 40

    assert Redactor([token]).text(f"a token {token[:200]}") == f"a token {REDACTED}"


def test_our_own_name_is_no_secret() -> None:
    """The well-known credentials of the reference server begin with it."""
    assert Redactor(["retryspec-secret"]).text("User-Agent: retryspec") == "User-Agent: retryspec"


def test_learned_secrets_are_taken_out_of_everything_later() -> None:
    """A token that a server gave is a secret in every later text."""
    redactor = Redactor([])
    redactor.learn(["a-token-of-the-server"])

    assert redactor.text("echo a-token-of-the-server") == f"echo {REDACTED}"


def test_page_that_is_called_a_token_is_no_work() -> None:
    """Texts of any length are looked at in no time to speak of; the first characters of a long secret are enough."""
    page = '{"a":' * 100_000

    assert REDACTED in Redactor([page]).text(page[:2000], [page, page[::-1]])
