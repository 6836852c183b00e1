"""Digests with one thing wrong, and all else as it should be."""

from collections.abc import Callable
from dataclasses import replace

from retryspec.suite.opsmanager.digest import Digest

__all__ = ["LIKE_THE_KNOWN", "NOT_OFFERED", "ODD_COUNTS", "TAMPERED", "in_scheme"]


def changed(text: str, at: int) -> str:
    """A digest with another digit at a place."""
    return text[:at] + ("0" if text[at] != "0" else "1") + text[at + 1 :]


Tampering = Callable[[Digest], str]

LIKE_THE_KNOWN = "the public key in another case"
"""An unknown public key, which nobody promises not to take for the known one."""

TAMPERED: dict[str, Tampering] = {
    "a wrong private key": lambda digest: replace(digest, private_key=f"{digest.private_key}x").header(),
    "the private key in another case": lambda digest: replace(
        digest, private_key=digest.private_key.swapcase()
    ).header(),
    LIKE_THE_KNOWN: lambda digest: replace(digest, username=digest.username.swapcase()).header(),
    "an empty private key": lambda digest: replace(digest, private_key="").header(),
    "the public key for the private one": lambda digest: replace(digest, private_key=digest.username).header(),
    "an unknown public key": lambda digest: replace(digest, username=f"{digest.username}x").header(),
    "an unknown public key and an empty private key": lambda digest: replace(
        digest, username=f"{digest.username}x", private_key=""
    ).header(),
    "an empty public key": lambda digest: replace(digest, username="").header(),
    "another method": lambda digest: replace(digest, method="PUT" if digest.method == "GET" else "GET").header(),
    "the first digit changed": lambda digest: digest.header(response=changed(digest.response(), 0)),
    "a middle digit changed": lambda digest: digest.header(response=changed(digest.response(), 15)),
    "the last digit changed": lambda digest: digest.header(response=changed(digest.response(), 31)),
    "the first half": lambda digest: digest.header(response=digest.response()[:16]),
    "another algorithm and a wrong private key": lambda digest: replace(
        digest, private_key=f"{digest.private_key}x", algorithm="MD5-sess"
    ).header(),
    "no qop and a wrong private key": lambda digest: replace(
        digest, private_key=f"{digest.private_key}x", qop=None
    ).header(),
    "an empty response": lambda digest: digest.header(response=""),
    "the response to another nonce": lambda digest: digest.header(response=replace(digest, nonce="b" * 32).response()),
    "the response to another count": lambda digest: digest.header(
        response=replace(digest, count="00000007").response()
    ),
}
"""How each is written, by what is wrong with it."""

NOT_OFFERED = ("another algorithm and a wrong private key", "no qop and a wrong private key")
"""Those in a form that no challenge offers."""

ODD_COUNTS: dict[str, Tampering] = {
    "no count": lambda digest: digest.header().replace(f", nc={digest.count}", ""),
    "a count that is no number": lambda digest: replace(digest, count="zz").header(),
    "an endless count": lambda digest: replace(digest, count="1" * 5000).header(),
}
"""Counts of which nobody says whether they may be taken."""


def in_scheme(name: str) -> Tampering:
    """What writes the right digest under the name of another scheme."""
    return lambda digest: digest.header().replace("Digest", name, 1)
