"""Credentials for plain `requests`, as schemathesis sends its requests."""

import os
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

__all__ = ["TokenAuth", "from_environment"]

SECONDS = 10


class TokenAuth(AuthBase):
    """Signs in before the first request; requests for tokens go out as they are."""

    def __init__(self, username: str, password: str) -> None:
        self._spec = {"username": username, "password": password}
        self._token: str | None = None

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Give a request a token."""
        url = urlsplit(str(request.url))
        if not url.path.startswith("/v1/tokens"):
            if self._token is None:
                answer = requests.post(f"{url.scheme}://{url.netloc}/v1/tokens", json=self._spec, timeout=SECONDS)
                answer.raise_for_status()
                self._token = str(answer.json()["accessToken"])
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def from_environment() -> TokenAuth:
    """A token for VCF_USERNAME and VCF_PASSWORD.

    Raises:
        KeyError: one of them is not set.
    """
    return TokenAuth(os.environ["VCF_USERNAME"], os.environ["VCF_PASSWORD"])
