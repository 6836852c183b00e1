"""Hooks for somebody who wants plain schemathesis on one of the documents, with the API's real authentication.

    SCHEMATHESIS_HOOKS=retryspec.schemathesis_hooks schemathesis run openapi/vcf.yaml --url http://127.0.0.1:8080

The credentials come from environment variables; `retryspec.suite.<slug>.credentials` says which.
What plain schemathesis reports is not a verdict on the contract: it does not know what the sources leave open.
"""

from importlib import import_module
from typing import Any

import schemathesis
from schemathesis.auths import GLOBAL_AUTH_STORAGE

from retryspec.documents import load_document, slugs

__all__ = ["before_load_schema"]


@schemathesis.hook
def before_load_schema(context: Any, raw_schema: dict[str, Any]) -> None:
    """Sign the requests for the API whose document is loaded."""
    title = raw_schema.get("info", {}).get("title")
    for slug in slugs():
        if load_document(slug).title == title:
            module = import_module(f"retryspec.suite.{slug}.credentials")
            GLOBAL_AUTH_STORAGE.set_from_requests(module.from_environment())
