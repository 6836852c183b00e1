"""What a person sees of a reference server: its front page, and its documents as files and as reference pages."""

import json
import secrets
from collections.abc import Callable, Sequence

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from retryspec.documents import load_document
from retryspec.pages.contract import REDOC, redoc_bundle, reference_page, written_document
from retryspec.pages.rendering import read_template, rendered
from retryspec.reference.apis import Introduction

__all__ = ["front_page", "page_routes"]

_NOTHING_ELSE = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def front_page(
    base_url: str,
    introductions: Sequence[Introduction],
    *,
    notes: Sequence[str],
    about: Sequence[str],
    accept: str,
) -> Response:
    """Return the front page: HTML for who asks for that, as browsers do, and text for everybody else.

    Args:
        base_url: The address at which the server is reached.
        introductions: What is said about each API.
        notes: What a person has to know first.
        about: What is good to know.
        accept: The Accept header of the request.
    """
    values = {"base_url": base_url, "apis": introductions, "notes": list(notes), "about": list(about)}
    if "text/html" not in accept:
        return PlainTextResponse(rendered("front.txt.j2", **values), headers={"Vary": "Accept"})
    nonce = secrets.token_urlsafe(16)
    script = read_template("copy.js") + read_template("live.js")
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; connect-src 'self'; "
        f"img-src data:; {_NOTHING_ELSE}"
    )
    page = rendered("front.html.j2", **values, nonce=nonce, script=script)
    return HTMLResponse(page, headers={"Content-Security-Policy": policy, "Vary": "Accept"})


def page_routes(slugs: Sequence[str]) -> list[BaseRoute]:
    """Return the routes of documents and reference pages: `/openapi/<slug>.yaml`, `.json` and `/docs/<slug>`."""
    routes: list[BaseRoute] = [Route(f"/docs/{REDOC}", _script)]
    for slug in slugs:
        routes += [
            Route(f"/openapi/{slug}.yaml", _as_written(slug)),
            Route(f"/openapi/{slug}.json", _as_json(slug)),
            Route(f"/docs/{slug}", _reference(slug)),
        ]
    return routes


def _as_written(slug: str) -> Callable[[Request], Response]:
    def document(_: Request) -> Response:
        return Response(written_document(slug), media_type="application/yaml")

    return document


def _as_json(slug: str) -> Callable[[Request], Response]:
    def document(_: Request) -> Response:
        content = json.dumps(load_document(slug).content, indent=2, ensure_ascii=False)
        return Response(content, media_type="application/json")

    return document


def _reference(slug: str) -> Callable[[Request], Response]:
    def page(_: Request) -> Response:
        nonce = secrets.token_urlsafe(16)
        if redoc_bundle() is None:
            title = load_document(slug).title
            content = rendered("no_reference.html.j2", title=title, slug=slug, nonce=nonce)
        else:
            content = reference_page(slug, script=REDOC, home="/", nonce=nonce)
        # Redoc writes its styles while it runs, and searches in a worker made of a blob.
        policy = (
            f"default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-{nonce}' 'strict-dynamic'; "
            f"worker-src blob:; connect-src 'self'; img-src 'self' data:; {_NOTHING_ELSE}"
        )
        return HTMLResponse(content, headers={"Content-Security-Policy": policy})

    return page


def _script(_: Request) -> Response:
    bundle = redoc_bundle()
    if bundle is None:
        return PlainTextResponse("Redoc is not installed: pip install 'retryspec[serve]'\n", 404)
    return Response(bundle, media_type="text/javascript", headers={"Cache-Control": "max-age=3600"})
