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

from retryspec.verdicts import PARTLY, UNOBSERVABLE
from retryspec.visible import visible

__all__ = ["html_page", "matrix_page"]

OUTCOMES = ("fail", "error", "unstable", "warn", "untested", "skipped", "pass")
"""In the order in which they matter to a reader."""

MOST_IDS = 12
"""Behaviours that are named of those for which the same was missing."""

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
        most_ids=MOST_IDS,
    )


def matrix_page(matrix: Mapping[str, Any]) -> str:
    """The page of a matrix of behaviours by servers."""
    counts = {server: Counter(row["outcomes"].get(server) for row in matrix["rows"]) for server in matrix["servers"]}
    return _rendered("matrix.html.j2", matrix=matrix, counts=counts, outcomes=OUTCOMES)


def _rendered(template: str, script: str | None = None, **values: object) -> str:
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=PackageLoader("retryspec.report", ""),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters |= {"pretty": pretty, "prose": _prose}
    style, code = _asset("report.css"), _asset(script) if script else ""
    policy = f"default-src 'none'; style-src '{_hash(style)}'; base-uri 'none'"
    if code:
        policy += f"; script-src '{_hash(code)}'"
    return environment.get_template(template).render(style=style, script=code, policy=policy, **values)


def _api(api: Mapping[str, Any]) -> dict[str, Any]:
    behaviours = [_behaviour(api["api"], behaviour) for behaviour in api["behaviours"]]
    untested = [each for each in api["behaviours"] if each["outcome"] == "untested"]
    observable = [each for each in untested if not each["reason"].startswith(UNOBSERVABLE)]
    broken = [each for each in behaviours if each["findings"]]
    return {
        "trouble": None,
        "sent": None,
        "properties": None,
        **api,
        "behaviours": behaviours,
        "broken": sorted(broken, key=lambda each: OUTCOMES.index(each["outcome"])),
        "missing": _by_reason(observable),
        "unobservable": len(untested) - len(observable),
    }


def _by_reason(untested: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[str]]]:
    """The behaviours that were not tested, or only in part, by what was missing for it; the most frequent first."""
    found: dict[str, list[str]] = {}
    for behaviour in untested:
        reason = behaviour["reason"]
        found.setdefault(reason.partition(PARTLY)[2] or reason, []).append(behaviour["id"])
    return sorted(found.items(), key=lambda entry: -len(entry[1]))


def _behaviour(slug: str, behaviour: Mapping[str, Any]) -> dict[str, Any]:
    return {**behaviour, "decision": _decisions(slug).get(behaviour["id"], ())}


def _decisions(slug: str) -> Mapping[str, Sequence[str]]:
    """The decisions behind the behaviours of an API, where it is one of ours."""
    from retryspec.documents import load_document, slugs

    if slug not in slugs():
        return {}
    return {name: behaviour.decision for name, behaviour in load_document(slug).behaviours.items()}


def _shown(value: object) -> object:
    """What a template prints: markup that it made itself, or text in which nothing is unseen."""
    from markupsafe import Markup

    return value if isinstance(value, Markup) else visible(value)


def _prose(text: str) -> object:
    """A sentence in which what stands between backticks is code."""
    from markupsafe import Markup, escape

    return Markup("").join(
        Markup("<code>{}</code>").format(visible(part)) if place % 2 else escape(visible(part))
        for place, part in enumerate(text.split("`"))
    )  # fmt: skip


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
