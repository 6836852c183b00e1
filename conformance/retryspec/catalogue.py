"""The catalogue of behaviours: what each says, where it comes from, and which checks decide it."""

from importlib import import_module
from inspect import getmembers, isfunction
from typing import Any

from retryspec.checks import decided_by
from retryspec.documents import load_document
from retryspec.session import suite_folder

__all__ = ["catalogue_json", "checks_by_behaviour"]


def checks_by_behaviour(slug: str) -> dict[str, list[str]]:
    """The checks of an API by the behaviours they decide."""
    found: dict[str, list[str]] = {name: [] for name in load_document(slug).behaviours}
    for path in sorted(suite_folder(slug).glob("test_*.py")):
        module = import_module(f"retryspec.suite.{slug}.{path.stem}")
        for name, function in getmembers(module, isfunction):
            for behaviour in decided_by(function):
                found.setdefault(behaviour, []).append(f"suite/{slug}/{path.name}::{name}")
    return found


def catalogue_json(slug: str) -> list[dict[str, Any]]:
    """The catalogue of one API as plain values."""
    checks = checks_by_behaviour(slug)
    return [
        {
            "api": slug,
            "id": behaviour.id,
            "level": behaviour.level.value,
            "operation": behaviour.operation,
            "says": behaviour.says,
            "source": behaviour.source,
            "decision": list(behaviour.decision),
            "unobservable": behaviour.unobservable,
            "checks": checks[behaviour.id],
        }
        for behaviour in load_document(slug).behaviours.values()
    ]
