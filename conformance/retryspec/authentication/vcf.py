"""Access tokens of SDDC Manager: an httpx client that signs in by itself (page "Tokens APIs", vcf A16, R-18 to R-20).

The first request is preceded by a login. A request that is answered 401 is sent once more, with a token that was
refreshed, or got by a new login where the refresh is refused.
"""

from collections.abc import Generator

import httpx

__all__ = ["TokenAuth", "bearer"]


def bearer(token: str) -> str:
    """Return the value of the Authorization header."""
    return f"Bearer {token}"


class TokenAuth(httpx.Auth):
    """Signs in with a user name and a password: `httpx.Client(base_url=..., auth=TokenAuth(username, password))`.

    The tokens are asked for at the origin of the request. One object serves one appliance, from any number of threads.
    """

    requires_response_body = True

    def __init__(self, username: str, password: str) -> None:
        self._username = username
        self._password = password
        self._access: str | None = None
        self._refresh: str | None = None

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Give the request a token, and a new one if the first is refused."""
        if request.url.path.rstrip("/").endswith("/v1/tokens") or request.url.path.endswith("/access-token/refresh"):
            yield request  # what gives tokens needs none
            return
        used = self._access
        if used is None:
            used = yield from self._login(request)
        if used is None:
            yield request  # the server says why not
            return
        request.headers["Authorization"] = bearer(used)
        answer = yield request
        if answer.status_code != 401:
            return
        renewed = yield from self._renewed(request, used)
        if renewed is not None:
            request.headers["Authorization"] = bearer(renewed)
            yield request

    def _renewed(self, request: httpx.Request, used: str) -> Generator[httpx.Request, httpx.Response, str | None]:
        """Return another token than the one that was refused, or None."""
        if self._access != used:
            return self._access  # another thread has seen to it
        if self._refresh is not None:
            answer = yield httpx.Request(
                "PATCH", request.url.copy_with(raw_path=b"/v1/tokens/access-token/refresh"), json=self._refresh
            )
            if answer.status_code == 200 and isinstance(token := _json(answer), str):
                self._access = token
                return token
        return (yield from self._login(request))

    def _login(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, str | None]:
        """Return the access token of a new login, or None where it is refused."""
        answer = yield httpx.Request(
            "POST",
            request.url.copy_with(raw_path=b"/v1/tokens"),
            json={"username": self._username, "password": self._password},
        )
        self._access = self._refresh = None
        match _json(answer) if answer.status_code in (200, 201) else None:
            case {"accessToken": str(access), "refreshToken": {"id": str(refresh)}}:
                self._access, self._refresh = access, refresh
        return self._access


def _json(answer: httpx.Response) -> object:
    try:
        return answer.json()
    except ValueError:
        return None
