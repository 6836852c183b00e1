"""The application: the routes of the APIs asked for, provider states if asked for, and a front page."""

import contextlib
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from retryspec.reference import states
from retryspec.reference.apis import ApiServer, Setting, StateMaker, api_slugs
from retryspec.reference.clock import Clock, system_clock
from retryspec.reference.credentials import Credentials
from retryspec.reference.database import Database
from retryspec.reference.front import front_page, page_routes
from retryspec.reference.states import states_route
from retryspec.reference.variations import composed, variation

__all__ = ["application"]


def application(
    apis: Sequence[str] | None = None,
    *,
    database: Path | None = None,
    clock: Clock = system_clock,
    credentials: Credentials | None = None,
    provider_states: bool = False,
    sample: bool | None = None,
    options: Mapping[str, Mapping[str, str]] | None = None,
    variations: Sequence[str] = (),
) -> Starlette:
    """Return an application that serves some APIs, or all.

    Args:
        apis: The slugs of the APIs.
        database: The file that holds the state; a temporary one if None.
        clock: What tells the time.
        credentials: Who may use it; the well-known defaults if None.
        provider_states: Whether `POST /_states` makes states.
        sample: Whether there are tasks to try things with; if None, unless there are provider states.
        options: What else an API can be told, by its slug. SLS: `default_project`, that of a Host which names none.
        variations: The names of faulty or lenient servers to take in place of the reference.
    """
    kept = Database(database)
    servers = [
        composed(slug, variations)(
            Setting(
                database=kept,
                clock=clock,
                credentials=credentials or Credentials(),
                sample=not provider_states if sample is None else sample,
                options=(options or {}).get(slug, {}),
            )
        )
        for slug in apis or api_slugs()
    ]
    routes: list[BaseRoute] = [route for server in servers for route in server.routes()]
    if provider_states:
        makers: dict[str, StateMaker] = {}
        for server in servers:
            makers |= server.states()
        routes.append(states_route(makers))
    notes = [f"Differs from the contract: {found.name} ({found.says})" for found in map(variation, variations)]
    routes.append(_front_route(servers, notes, provider_states=provider_states))
    routes += page_routes([server.slug for server in servers])

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        kept.close()

    async def stray(request: Request, error: Exception) -> Response:
        return await run_in_threadpool(_stray, servers, request, error)

    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers={404: stray, 405: stray})
    # A path with a slash too many is another path, as it is for a signature: no redirects.
    app.router.redirect_slashes = False
    app.state.open_to_all = [server.slug for server in servers if server.keys_are_default]
    return app


def _front_route(servers: Sequence[ApiServer], notes: Sequence[str], *, provider_states: bool) -> Route:
    about = [f"Provider states: POST {states.PATH}"] if provider_states else []

    def front(request: Request) -> Response:
        base_url = _base_url(request)
        introductions = [server.introduce(base_url) for server in servers]
        accept = request.headers.get("accept", "")
        return front_page(base_url, introductions, notes=notes, about=about, accept=accept)

    return Route("/", front)


def _base_url(request: Request) -> str:
    """Return the address by which a browser came, unless it is none that a person can paste into a shell."""
    host = request.headers.get("host", "")
    if not re.fullmatch(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?", host):
        address, port = request.scope["server"]
        host = f"{address}:{port}"
    return f"{request.scope['scheme']}://{host}"


def _stray(servers: Sequence[ApiServer], request: Request, error: Exception) -> Response:
    """Return the answer to a path that no route has: in the words of the API below whose prefix it lies."""
    status = error.status_code if isinstance(error, HTTPException) else 404
    if status == 404:
        for server in servers:
            if len(servers) == 1 or request.scope["path"].startswith(server.prefix):
                return server.stray(request)
    headers = error.headers if isinstance(error, HTTPException) else None
    return JSONResponse({"error": "there is nothing here; GET / says what is served"}, status, headers=headers)
