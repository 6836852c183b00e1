"""Makes `report.html` from the content of `report.json`: one file, without a network, for people.

Whatever came from a server is text: the template escapes it, and characters that cannot be seen are shown by name.
"""

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from retryspec.verdicts import UNOBSERVABLE
from retryspec.visible import visible

__all__ = ["html_page", "matrix_page"]

OUTCOMES = ("fail", "error", "unstable", "warn", "untested", "skipped", "pass")
"""In the order in which they matter to a reader."""

MOST_PRETTY = 32 * 1024
"""Characters of a body that are laid out; a longer one is shown as it came."""


def html_page(report: Mapping[str, Any]) -> str:
    """The page of a report, given the content of its `report.json`."""
    return _rendered(
        "report.html.j2",
        script="report.js",
        report=report,
        apis=[_api(api) for api in report["apis"]],
        outcomes=OUTCOMES,
    )


def matrix_page(matrix: Mapping[str, Any]) -> str:
    """The page of a matrix of behaviours by servers."""
    return _rendered("matrix.html.j2", matrix=matrix)


def _rendered(template: str, script: str | None = None, **values: object) -> str:
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=PackageLoader("retryspec.report", ""),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"visible": visible, "pretty": pretty}
    style, code = _asset("report.css"), _asset(script) if script else ""
    policy = f"default-src 'none'; style-src '{_hash(style)}'; base-uri 'none'"
    if code:
        policy += f"; script-src '{_hash(code)}'"
    return environment.get_template(template).render(style=style, script=code, policy=policy, **values)


def _api(api: Mapping[str, Any]) -> dict[str, Any]:
    behaviours = [_behaviour(api["api"], behaviour) for behaviour in api["behaviours"]]
    reasons = [b["reason"] for b in api["behaviours"] if b["outcome"] == "untested" and b["reason"]]
    missing = Counter(reason for reason in reasons if not reason.startswith(UNOBSERVABLE))
    unobservable = len(reasons) - missing.total()
    return {**api, "behaviours": behaviours, "missing": missing.most_common(), "unobservable": unobservable}


def _behaviour(slug: str, behaviour: Mapping[str, Any]) -> dict[str, Any]:
    return {**behaviour, "decision": _decisions(slug).get(behaviour["id"], ())}


def _decisions(slug: str) -> Mapping[str, Sequence[str]]:
    """The decisions behind the behaviours of an API, where it is one of ours."""
    from retryspec.documents import load_document, slugs

    if slug not in slugs():
        return {}
    return {name: behaviour.decision for name, behaviour in load_document(slug).behaviours.items()}


def pretty(body: str) -> str:
    """A body that is JSON, laid out; any other as it came, and one of which that would not tell all."""
    if len(body) > MOST_PRETTY:
        return body
    try:
        content = json.loads(body, object_pairs_hook=_distinct, parse_float=_as_written, parse_constant=_as_written)
        return json.dumps(content, indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return body


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError
    return dict(pairs)


def _as_written(number: str) -> float:
    if repr(float(number)) != number:
        raise ValueError
    return float(number)


def _asset(name: str) -> str:
    return files("retryspec.report").joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
