"""Credentials for plain `requests`, as schemathesis sends its requests."""

import os
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from retryspec.authentication.sls import signed_headers

__all__ = ["SignatureAuth", "from_environment"]


class SignatureAuth(AuthBase):
    """Signs a request as it goes out, with the headers that the signature needs."""

    def __init__(self, key_id: str, secret: str, project: str, endpoint: str | None) -> None:
        self._key_id = key_id
        self._secret = secret
        self._project = project
        self._endpoint = endpoint

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign a request; headers that it has already stay as they are, but for Authorization."""
        url = urlsplit(str(request.url))
        given = [(name, _text(value)) for name, value in request.headers.items() if name.lower() != "authorization"]
        request.headers.update(
            signed_headers(
                str(request.method),
                url.path + (f"?{url.query}" if url.query else ""),
                _bytes(request.body),
                key_id=self._key_id,
                secret=self._secret,
                extra=given,
            )
        )
        request.headers["Host"] = f"{self._project}.{self._endpoint or url.hostname}"
        return request


def _bytes(body: object) -> bytes:
    return body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else b""


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def from_environment() -> SignatureAuth:
    """Signatures with SLS_ACCESS_KEY_ID and SLS_ACCESS_KEY_SECRET, for the project SLS_PROJECT.

    Host is `<project>.<SLS_ENDPOINT>`; without that variable the host of the URL takes its place.

    Raises:
        KeyError: one of the first three is not set.
    """
    env = os.environ
    return SignatureAuth(
        env["SLS_ACCESS_KEY_ID"], env["SLS_ACCESS_KEY_SECRET"], env["SLS_PROJECT"], env.get("SLS_ENDPOINT")
    )
