"""Compares two versions of a contract: every difference, and whom it breaks.

The way of it: both versions are read and bounded (`reading`), operations are paired by method and path (`operations`),
their schemas are brought into one form whatever their spelling (`normal`) and compared as sets of values (`schemas`),
behaviours are paired by id (`statements`). A value's direction then tells whom a change breaks (`change`). Whatever is
left, such as names, titles and components that nothing uses, is told as editorial.

Why no tool that exists does this: oasdiff is a Go program, which neither PyPI nor npm has; `@pb33f/openapi-changes` on
npm fetches a binary from elsewhere while it is installed; `openapi-diff` 0.24.1 refuses OpenAPI 3.1; `api-smart-diff`
1.0.6 reads it, but says that an answer which may newly be null breaks nobody; `jsonsubschema` 0.0.8 knows only
draft 4. These look at clients only, and none at behaviours.
"""

from collections.abc import Iterator

from retryspec.diff.change import EDITORIAL, Change, Impact, joined
from retryspec.diff.normal import mapping
from retryspec.diff.operations import compare_operations
from retryspec.diff.reading import Version, canonical, read_version
from retryspec.diff.schemas import Comparison
from retryspec.diff.statements import compare_statements

__all__ = ["Change", "Impact", "Version", "compare", "read_version"]

_COMPARED = ("paths", "components", "x-behaviours", "security", "servers")


def compare(old: Version, new: Version) -> list[Change]:
    """Every difference between two versions, the worst first.

    Raises:
        UsageError: the documents are too large or too intricate to compare.
    """
    found = [*compare_operations(Comparison(old, new)), *compare_statements(old, new)]
    found += _rest(old, new, told={change.place for change in found})
    if not found and canonical(old.content) != canonical(new.content):
        found.append(Change(EDITORIAL, "spelling", "#", "the document says the same in another way"))
    return joined(found)


def _rest(old: Version, new: Version, *, told: set[str]) -> Iterator[Change]:
    """What binds nobody: the head of the document, and components that are renamed, unused or spelled differently."""
    for member in dict.fromkeys((*old.content, *new.content)):
        if member not in _COMPARED and canonical(old.content.get(member)) != canonical(new.content.get(member)):
            yield Change(EDITORIAL, member, f"#/{member}", f"the document's `{member}` changed")
    before, after = mapping(old.content.get("components")), mapping(new.content.get("components"))
    for section in dict.fromkeys((*before, *after)):
        ones, others = mapping(before.get(section)), mapping(after.get(section))
        for name in dict.fromkeys((*ones, *others)):
            place = f"#/components/{section}/{name}"
            if name not in ones or name not in others:
                says = f"the component {section}/{name} has {'come' if name in others else 'gone'}"
                yield Change(EDITORIAL, "component", place, says)
            elif canonical(ones[name]) != canonical(others[name]) and not _is_told(place, told):
                yield Change(EDITORIAL, "component", place, f"the component {section}/{name} is written differently")


def _is_told(place: str, told: set[str]) -> bool:
    return any(each == place or each.startswith(f"{place}/") for each in told)
