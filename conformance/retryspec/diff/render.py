"""Shows the changes between two versions: as text, as Markdown for a pull request, and as JSON."""

import html
import json
from collections.abc import Iterator, Sequence

from retryspec.diff.change import Change, Impact
from retryspec.visible import visible

__all__ = ["as_json", "as_markdown", "as_text", "code"]

_HEADINGS = {
    Impact.CLIENTS: "Breaks clients",
    Impact.SERVERS: "Breaks servers",
    Impact.COMPATIBLE: "Compatible",
    Impact.EDITORIAL: "Editorial",
}
_MEANINGS = {
    Impact.CLIENTS: "a client of the old version fails with a server of the new one",
    Impact.SERVERS: "a server that kept the old version fails by the new one",
    Impact.COMPATIBLE: "nobody who kept the old version fails",
    Impact.EDITORIAL: "words, examples and names",
}


def as_text(changes: Sequence[Change], old: str, new: str) -> str:
    """One change a line, under a heading for whom it concerns."""
    lines = [f"{visible(old, kept='')} → {visible(new, kept='')}: {_summary(changes)}"]
    for impact, group in _grouped(changes):
        lines += ["", f"{_HEADINGS[impact]} ({len(group)}): {_MEANINGS[impact]}"]
        lines += [f"  {_line(change)}{_both(change, impact)}" for change in group]
    return "\n".join(lines) + "\n"


def as_markdown(changes: Sequence[Change], old: str, new: str) -> str:
    """A comment for a pull request: breaks open, everything else folded away."""
    lines = [f"### Contract: {code(old)} → {code(new)}", "", f"{_summary(changes)}."]
    for impact, group in _grouped(changes):
        folded = impact not in (Impact.CLIENTS, Impact.SERVERS)
        title = f"{_HEADINGS[impact]} ({len(group)})"
        lines += ["", f"<details><summary>{title}</summary>" if folded else f"#### {title}", ""]
        lines += [f"*{_MEANINGS[impact].capitalize()}.*", ""]
        lines += [f"- {_markdown_line(change)}{_both(change, impact)}" for change in group]
        lines += ["", "</details>"] if folded else []
    return "\n".join(lines) + "\n"


def as_json(changes: Sequence[Change], old: str, new: str) -> str:
    """The format `retryspec-diff/1`."""
    report = {
        "format": "retryspec-diff/1",
        "old": old,
        "new": new,
        "counts": {impact.value: sum(impact in change.impact for change in changes) for impact in Impact},
        "breaks": any(change.is_break for change in changes),
        "changes": [
            {
                "impact": [each.value for each in Impact if each in change.impact],
                "kind": change.kind,
                "place": change.place,
                "says": change.says,
                "operations": list(change.operations),
            }
            for change in changes
        ],
    }
    return json.dumps(report, indent=1) + "\n"


def _grouped(changes: Sequence[Change]) -> Iterator[tuple[Impact, list[Change]]]:
    for impact in Impact:
        group = [change for change in changes if change.worst is impact]
        if group:
            yield impact, group


def _summary(changes: Sequence[Change]) -> str:
    if not changes:
        return "no difference"
    return ", ".join(
        f"{sum(impact in change.impact for change in changes)} {heading.lower()}"
        for impact, heading in _HEADINGS.items()
    )


def _both(change: Change, impact: Impact) -> str:
    return " (breaks servers too)" if impact is Impact.CLIENTS and Impact.SERVERS in change.impact else ""


def _line(change: Change) -> str:
    operations = f" [{', '.join(change.operations)}]" if change.operations else ""
    return visible(f"{change.place}: {change.says}{operations}", kept="")


def _markdown_line(change: Change) -> str:
    operations = f" ({', '.join(map(code, change.operations))})" if change.operations else ""
    return f"{code(change.place)}: {_escaped(change.says)}{operations}"


def code(text: str) -> str:
    """A text as code, whatever is in it."""
    return "`" + visible(text, kept="").replace("`", "'") + "`"


def _escaped(text: str) -> str:
    """A sentence in which only code is marked; nothing in it makes HTML, links, images or mentions."""
    parts = visible(text, kept="").split("`")
    if len(parts) % 2 == 0:
        parts = ["'".join(parts)]
    return "".join(f"`{part}`" if index % 2 else _plain(part) for index, part in enumerate(parts))


def _plain(text: str) -> str:
    text = html.escape(text, quote=False)
    for mark in "\\*_[]!#@|~":
        text = text.replace(mark, f"\\{mark}" if mark != "@" else "&#64;")
    return text
