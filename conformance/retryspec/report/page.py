"""Makes `report.html` from the content of `report.json`: one file, without a network, for people.

Whatever came from a server is text: the template escapes it, and characters that cannot be seen are shown by name.
"""

import base64
import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.resources import files
from itertools import accumulate, groupby
from typing import Any

from retryspec.verdicts import NO_CHECK_RAN, PARTLY, UNOBSERVABLE
from retryspec.visible import visible

__all__ = ["html_page", "matrix_page"]

OUTCOMES = ("fail", "error", "unstable", "warn", "untested", "skipped", "pass")
"""In the order in which they matter to a reader."""

MOST_IDS = 12
"""Behaviours that are named of those for which the same was missing."""

MOST_OPEN = 5
"""Findings of a behaviour that are open to the eye; the others are folded."""

MOST_KEPT = 64 * 1024
"""Characters of a body that a report keeps."""

MOST_LEVELS = 64
"""Levels of a body that is laid out: each line of a deeper one would be mostly blank."""


def html_page(report: Mapping[str, Any]) -> str:
    """The page of a report, given the content of its `report.json`."""
    return _rendered(
        "report.html.j2",
        script="report.js",
        report=report,
        apis=[_api(api) for api in report["apis"]],
        names=[api["api"] for api in report["apis"]],
        outcomes=OUTCOMES,
        most_ids=MOST_IDS,
        most_open=MOST_OPEN,
        most_kept=MOST_KEPT,
    )


def matrix_page(matrix: Mapping[str, Any]) -> str:
    """The page of a matrix of behaviours by servers."""
    apis = [_rows_of(name, list(rows), matrix["servers"]) for name, rows in groupby(matrix["rows"], lambda r: r["api"])]
    names = [api["name"] for api in apis]
    return _rendered("matrix.html.j2", script="report.js", matrix=matrix, apis=apis, names=names, outcomes=OUTCOMES)


def _rows_of(name: str, rows: Sequence[Mapping[str, Any]], servers: Sequence[str]) -> dict[str, Any]:
    """The part of a matrix that is about one API."""
    looked = {server for row in rows for server in row["outcomes"]}
    return {
        "name": name,
        "title": _title(name),
        "counts": {server: Counter(row["outcomes"].get(server) for row in rows) for server in servers},
        "rows": [{**row, "differs": len({row["outcomes"].get(server) for server in looked}) > 1} for row in rows],
    }


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
    observable = [each for each in untested if not str(each["reason"]).startswith(UNOBSERVABLE)]
    broken = [each for each in behaviours if each["findings"]]
    return {
        "trouble": None,
        "sent": None,
        "properties": None,
        **api,
        "title": _title(api["api"]),
        "behaviours": behaviours,
        "broken": sorted(broken, key=lambda each: OUTCOMES.index(each["outcome"])),
        "missing": _by_reason(observable),
        "unobservable": len(untested) - len(observable),
    }


def _by_reason(untested: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The behaviours that were not tested, or only in part, by what was missing for it; the most frequent first."""
    found: dict[str, list[str]] = {}
    for behaviour in untested:
        reason = str(behaviour["reason"] or NO_CHECK_RAN)
        found.setdefault(_as_clause(reason.partition(PARTLY)[2] or reason), []).append(behaviour["id"])
    entries = sorted(found.items(), key=lambda entry: -len(entry[1]))
    return [{"reason": reason, "remedy": _remedy(reason), "ids": ids} for reason, ids in entries]


def _as_clause(reason: str) -> str:
    """A reason without what makes a sentence of it, so that the same is told once."""
    return f"{reason[:1].lower()}{reason[1:].rstrip('.')}" if reason[1:2].islower() or reason[1:2] == " " else reason


def _remedy(reason: str) -> str | None:
    """What to do so that more can be tested, where the reason does not say so itself."""
    if broken := _BECAUSE.match(reason):
        return f"It builds on {broken[1]}: mend that, and run again."
    if "--max-time" in reason or "the whole run" in reason:
        return "Run again with a larger --max-time, or share the checks between --workers or the parts of --shard."
    if "could not be set up" in reason:
        return "See that the server runs, and that its states_url leads to its provider states."
    if reason.startswith("the run was given up"):
        return "See why the server gave no more answers, and run again."
    return None


_BECAUSE = re.compile(r"because ([A-Z0-9-]+):")


def _title(slug: str) -> str | None:
    """What an API is called, where it is one of ours."""
    from retryspec.documents import load_document, slugs

    return load_document(slug).title if slug in slugs() else None


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
    if len(body) > MOST_KEPT or _levels(body) > MOST_LEVELS:
        return body
    try:
        content = json.loads(body, object_pairs_hook=_distinct, parse_float=_as_written, parse_constant=_as_written)
        return json.dumps(content, indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return body


def _levels(body: str) -> int:
    """How deep a body is nested at most; brackets within its texts count as well."""
    return max(accumulate(_STEPS.get(sign, 0) for sign in body), default=0)


_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}


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
