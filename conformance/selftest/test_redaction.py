"""Secrets are taken out of every text, in whatever form they come back."""

import base64
import html
import json
import random
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from retryspec.redaction import MOST_REMEMBERED, REDACTED, Memory, Redactor

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
    "bytes in an error": lambda secret: repr(secret.encode())[2:-1],
    "in upper case": str.upper,
    "in lower case": str.lower,
    "base64, percent-encoded": lambda secret: quote(base64.b64encode(secret.encode()).decode(), safe=""),
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


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_no_half_of_a_form_is_left(form: Callable[[str], str]) -> None:
    """What is left of an encoded secret in a text that was cut, or in one of two fields, is no half of it."""
    secret = "Zq9-xV+Lm/7kP2 w8&Td4"
    written = form(secret).strip('"')

    shown = Redactor([secret]).text(f"<{written[: len(written) // 2 + 1]}> <{written[len(written) // 2 :]}>")

    assert written[: len(written) // 2 + 1] not in shown
    assert written[len(written) // 2 :] not in shown


def test_cut_secret_is_taken_out() -> None:
    """What is left of a token at the end of a text that was cut is half a token at most."""
    token = "eyJhbGciOiJIUzI1NiJ9." + "abcdefgh" * 40

    assert Redactor([token]).text(f"a token {token[:200]}") == f"a token {REDACTED}"


def test_our_own_name_is_no_secret() -> None:
    """The well-known credentials of the reference server begin with it."""
    assert Redactor(["retryspec-secret"]).text("User-Agent: retryspec") == "User-Agent: retryspec"


_DRAWS = [random.Random(n) for n in range(MOST_REMEMBERED)]
MANY = ["".join([*draw.choices("abcDEFxyz123", k=7), *draw.choices('abcDEF123/+=&é"', k=20)]) for draw in _DRAWS]


@pytest.fixture(scope="module")
def memory() -> Memory:
    """A memory that had to forget its first secrets."""
    memory = Memory()
    memory.add(["the-very-first-secret", "0" * 32])
    memory.likely_in("")
    memory.add(MANY)
    return memory


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_remembered_secrets_are_taken_out_of_everything_later(form: Callable[[str], str], memory: Memory) -> None:
    """A token that a server gave, or a signature that was sent, is a secret in every later text."""
    shown = Redactor([], memory).text(f"echo {form(MANY[77])}")

    assert shown.replace('"', "").rstrip("=") == f"echo {REDACTED}"


@pytest.mark.parametrize("start", range(14))
def test_no_half_of_a_remembered_secret_is_left(start: int) -> None:
    """Of what is remembered a half is a secret as well."""
    memory = Memory()
    memory.add(["Zm9v/YmFyYmF6cXV4Y29yZ2Uh+Q="])

    assert Redactor([], memory).text(f"<{'Zm9v/YmFyYmF6cXV4Y29yZ2Uh+Q='[start : start + 14]}>") == f"<{REDACTED}>"


def test_old_secrets_and_simple_values_are_forgotten(memory: Memory) -> None:
    """The memory is bounded, and what is no more than zeros is no secret."""
    text = "the-very-first-secret" + "0" * 32

    assert Redactor([], memory).text(text) == text
    assert Redactor([], memory).text(MANY[0]) == REDACTED


def test_text_of_secrets_is_hidden_whole(memory: Memory) -> None:
    """A server that sends back all that it ever got makes no work."""
    assert Redactor([], memory).text("\n".join(MANY)) == REDACTED


def test_secret_as_a_whole_is_none_in_part() -> None:
    """Of an Authorization header all is hidden where it comes back, and no realm that is in it as well."""
    whole = 'Digest realm="a realm of theirs", response="0"'

    assert (
        Redactor([]).text(f'{whole} realm="a realm of theirs"', whole=[whole])
        == f'{REDACTED} realm="a realm of theirs"'
    )


def test_page_that_is_called_a_token_is_no_work() -> None:
    """Texts of any length are looked at in no time to speak of; the first characters of a long secret are enough."""
    page = '{"a":' * 100_000

    assert REDACTED in Redactor([page]).text(page[:2000], [page, page[::-1]])


@pytest.mark.parametrize("secret", ["indep-secret", "my-secret", "a-vcf-password", "token-of-key-id"])
def test_names_of_our_own_and_what_is_public_stay_readable(secret: str) -> None:
    """The variables of a curl line and the id of a key are shown, whatever a secret has in common with them."""
    variables = ["SLS_ACCESS_KEY_SECRET", "OM_PRIVATE_KEY", "VCF_PASSWORD"]
    redactor = Redactor([secret], public=["indep-key-id", *variables])
    line = '-hmac "$SLS_ACCESS_KEY_SECRET"; curl -u "$OM_PRIVATE_KEY" -d "$VCF_PASSWORD" -H "LOG indep-key-id:$S"'

    assert redactor.text(line) == line
    assert redactor.text(f"{secret} {secret.upper()}") == f"{REDACTED} {REDACTED}"
