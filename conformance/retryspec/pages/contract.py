"""A document for people: as its author wrote it, and as a reference page that Redoc renders.

Redoc comes with the package fastapi-standalone-docs, which carries its bundle; nothing of it is imported, and nothing
is fetched from elsewhere.
"""

import base64
import copy
import json
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from retryspec.documents import load_document
from retryspec.pages.rendering import rendered

__all__ = ["REDOC", "redoc_bundle", "reference_page", "with_behaviours", "written_document"]

REDOC = "redoc.standalone.js"
"""The name of the bundle, below wherever the reference pages are."""

_CARRIER = "fastapi_standalone_docs"
_METHODS = ("get", "put", "post", "patch", "delete")


def written_document(slug: str) -> bytes:
    """Return the YAML of a document as it was written by hand, comments and order included."""
    return (_openapi() / f"{slug}.yaml").read_bytes()


def _openapi() -> Traversable:
    """Return the folder of the documents: inside an installed package, beside the code in a checkout."""
    packaged = files("retryspec") / "openapi"
    return packaged if packaged.is_dir() else Path(__file__).resolve().parents[3] / "openapi"


def redoc_bundle() -> bytes | None:
    """Return the script that renders a reference page, or None where the package that carries it is not installed."""
    spec = find_spec(_CARRIER)
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0]) / "static" / "redoc"
    try:
        script, logo = (folder / REDOC).read_bytes(), (folder / "logo-mini.svg").read_bytes()
    except OSError:
        return None
    # It would ask for its logo below the address of the page.
    data = b'"data:image/svg+xml;base64,' + base64.b64encode(logo) + b'"'
    return script.replace(b'window.location.pathname+"/logo-mini.svg"', data)


def reference_page(slug: str, *, script: str, home: str, nonce: str = "") -> str:
    """Return the reference page of a document as HTML.

    Args:
        slug: The API.
        script: The address of the bundle, as the page asks for it.
        home: The address of the page that leads here.
        nonce: What the Content-Security-Policy of the answer allows scripts by.
    """
    document = load_document(slug)
    return rendered(
        "reference.html.j2",
        title=document.title,
        document=json.dumps(with_behaviours(document.content), ensure_ascii=False).replace("<", "\\u003c"),
        script=script,
        home=home,
        nonce=nonce,
    )


def with_behaviours(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document whose descriptions say what its `x-behaviours` say, for a page that does not know them."""
    changed: dict[str, Any] = copy.deepcopy(dict(content))
    _describe(changed["info"], changed.pop("x-behaviours", []), "What all operations share")
    changed["info"].pop("x-source", None)
    for item in changed["paths"].values():
        for method in _METHODS:
            if method in item:
                _describe(item[method], item[method].pop("x-behaviours", []), "Behaviours")
    return changed


def _describe(part: dict[str, Any], behaviours: list[Mapping[str, Any]], heading: str) -> None:
    if not behaviours:
        return
    rows = [f"- **{one['id']}** ({one['level']}) {' '.join(one['says'].split())}" for one in behaviours]
    part["description"] = "\n".join([part.get("description", ""), "", f"## {heading}", "", *rows, ""])
