"""Compares what two versions of a document say about operations: parameters, bodies, answers, credentials, servers."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from retryspec.diff.change import CLIENTS, COMPATIBLE, EDITORIAL, EITHER, SERVERS, Breaks, Change, Direction, impact_of
from retryspec.diff.keywords import shown
from retryspec.diff.normal import mapping, sequence
from retryspec.diff.reading import Version, canonical
from retryspec.diff.schemas import Comparison

__all__ = ["compare_operations", "operations_of"]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_NAMES_LEFT_OUT = re.compile(r"\{[^}]*\}")


@dataclass(frozen=True, slots=True)
class _Call:
    """One operation of one version."""

    version: Version
    id: str
    path: str
    place: str
    raw: Mapping[str, Any]
    item: Mapping[str, Any]

    def parameters(self) -> dict[tuple[str, str], tuple[Mapping[str, Any], str]]:
        """Its parameters by location and name, those of the whole path included, with their places."""
        found = {}
        item_place = self.place.rpartition("/")[0]
        for given, place in ((self.item, item_place), (self.raw, self.place)):
            for index, raw in enumerate(sequence(given.get("parameters"))):
                parameter, where = self.version.follow(raw, f"{place}/parameters/{index}")
                name, location = str(parameter.get("name")), str(parameter.get("in"))
                if location == "header":
                    name = name.lower()
                if location == "path":
                    # The name of a path parameter is not on the wire; its place in the path is.
                    name = str(_position(self.path, name))
                found[location, name] = (parameter, where)
        return found


def operations_of(version: Version) -> dict[str, tuple[str, Mapping[str, Any]]]:
    """The operations of a version: what each is called in a report, and its content, by method and path."""
    return {key: (call.id, call.raw) for key, call in _calls(version).items()}


def compare_operations(comparison: Comparison) -> Iterator[Change]:
    """Every difference between the operations of two versions."""
    before, after = _calls(comparison.old), _calls(comparison.new)
    for key in dict.fromkeys((*before, *after)):
        old, new = before.get(key), after.get(key)
        if new is None and old is not None:
            yield Change(CLIENTS, "operation-removed", old.place, f"the operation {old.id} is gone", (old.id,))
        elif old is None and new is not None:
            yield Change(SERVERS, "operation-added", new.place, f"the operation {new.id} has come", (new.id,))
        elif old is not None and new is not None:
            yield from _operation(comparison, old, new)


def _calls(version: Version) -> dict[str, _Call]:
    found = {}
    for path, given in mapping(version.content.get("paths")).items():
        place = f"#/paths/{_escaped(path)}"
        item, place = version.follow(given, place)
        for method in METHODS:
            if isinstance(item.get(method), dict):
                raw = item[method]
                name = str(raw.get("operationId") or f"{method.upper()} {path}")
                key = f"{method} {_NAMES_LEFT_OUT.sub('{}', path)}"
                found[key] = _Call(version, name, path, f"{place}/{method}", raw, item)
    return found


def _operation(comparison: Comparison, old: _Call, new: _Call) -> Iterator[Change]:
    changes: Iterable[Change] = (
        *_names(old, new),
        *_parameters(comparison, old, new),
        *_request(comparison, old, new),
        *_responses(comparison, old, new),
        *_security(old, new),
        *_rest(old, new),
    )
    for change in changes:
        yield Change(change.impact, change.kind, change.place, change.says, (new.id,))


def _names(old: _Call, new: _Call) -> Iterator[Change]:
    if old.raw.get("operationId") != new.raw.get("operationId"):
        says = f"the operationId was {shown(old.raw.get('operationId'))} and is {shown(new.raw.get('operationId'))}"
        # It is not on the wire, but it names what is generated, claimed and reported.
        yield Change(CLIENTS, "operation-id", new.place, says)
    if old.path != new.path:
        yield Change(EDITORIAL, "path-template", new.place, f"the path was written `{old.path}` and is `{new.path}`")
    for method_item in ("summary", "description"):
        if old.item.get(method_item) != new.item.get(method_item):
            yield Change(EDITORIAL, method_item, new.place.rpartition("/")[0], f"the path's `{method_item}` changed")


def _parameters(comparison: Comparison, old: _Call, new: _Call) -> Iterator[Change]:
    before, after = old.parameters(), new.parameters()
    gone = {key: before[key] for key in before if key not in after}
    come = {key: after[key] for key in after if key not in before}
    for (location, name), (parameter, place) in list(come.items()):
        moved = next((key for key in gone if key[1].lower() == name.lower() and key[0] != location), None)
        if moved is not None:
            del gone[moved], come[location, name]
            says = f"the parameter `{parameter.get('name')}` was in the {moved[0]} and is in the {location}"
            yield Change(EITHER, "parameter-location", place, says)
    for (location, _), (parameter, place) in gone.items():
        says = f"the {location} parameter `{parameter.get('name')}` is gone, and who sends it is not heeded"
        yield Change(CLIENTS, "parameter-removed", place, says)
    for (location, _), (parameter, place) in come.items():
        required = parameter.get("required") is True
        says = f"the {'required' if required else 'optional'} {location} parameter `{parameter.get('name')}` has come"
        yield Change(EITHER if required else SERVERS, "parameter-added", place, says)
    for key in before.keys() & after.keys():
        yield from _parameter(comparison, *before[key], *after[key])


def _parameter(
    comparison: Comparison, old: Mapping[str, Any], _: str, new: Mapping[str, Any], place: str
) -> Iterator[Change]:
    label = f"the {new.get('in')} parameter `{new.get('name')}`"
    if old.get("name") != new.get("name"):
        yield Change(EDITORIAL, "parameter-name", place, f"{label} was written `{old.get('name')}`")
    yield from _requiredness(old, new, place, label, Direction.REQUEST)
    for keyword in ("style", "explode", "allowReserved", "allowEmptyValue"):
        was, now = (_serialisation(each, keyword) for each in (old, new))
        if was != now:
            yield Change(EITHER, keyword, place, f"{label}: `{keyword}` was {shown(was)} and is {shown(now)}")
    yield from _described(old, new, place, label)
    yield from _schema(comparison, old, new, place, Direction.REQUEST)
    yield from _content(comparison, old, new, place, label, Direction.REQUEST)


def _serialisation(parameter: Mapping[str, Any], keyword: str) -> Any:
    style = parameter.get("style", "form" if parameter.get("in") in ("query", "cookie") else "simple")
    defaults = {"style": style, "explode": style == "form"}
    return parameter.get(keyword, defaults.get(keyword, False))


def _request(comparison: Comparison, old: _Call, new: _Call) -> Iterator[Change]:
    place = f"{new.place}/requestBody"
    if "requestBody" not in new.raw and "requestBody" not in old.raw:
        return
    if "requestBody" not in new.raw:
        yield Change(CLIENTS, "request-body", place, "the request no longer has a body")
        return
    after, place = comparison.new.follow(new.raw["requestBody"], place)
    if "requestBody" not in old.raw:
        required = after.get("required") is True
        says = f"the request has {'a' if required else 'an optional'} body now"
        yield Change(EITHER if required else SERVERS, "request-body", place, says)
        return
    before, _ = comparison.old.follow(old.raw["requestBody"], place)
    yield from _requiredness(before, after, place, "the body", Direction.REQUEST)
    yield from _described(before, after, place, "the body")
    yield from _content(comparison, before, after, place, "the request", Direction.REQUEST)


def _requiredness(
    old: Mapping[str, Any], new: Mapping[str, Any], place: str, label: str, direction: Direction
) -> Iterator[Change]:
    was, now = old.get("required") is True, new.get("required") is True
    if was != now:
        narrowed, widened = (CLIENTS, SERVERS) if direction is Direction.REQUEST else (SERVERS, CLIENTS)
        says = f"{label} is {'' if now else 'no longer '}required"
        yield Change(narrowed if now else widened, "required", place, says)


def _responses(comparison: Comparison, old: _Call, new: _Call) -> Iterator[Change]:
    before, after = mapping(old.raw.get("responses")), mapping(new.raw.get("responses"))
    for status in dict.fromkeys((*before, *after)):
        place = f"{new.place}/responses/{_escaped(status)}"
        # A status that is not listed may be covered by a range or by `default`.
        was, now = _covering(before, status), _covering(after, status)
        if was is None:
            known = any(other[:1] == status[:1] for other in before) and status[:1] in ("4", "5")
            # RFC 9110, section 15: a client that does not know a status takes it as the x00 of its class.
            impact = COMPATIBLE if known else CLIENTS
            yield Change(impact, "response-added", place, f"the answer may be {status} now")
        elif now is None:
            gone = f"{old.place}/responses/{_escaped(status)}"
            yield Change(SERVERS, "response-removed", gone, f"the answer may no longer be {status}")
        else:
            yield from _response(comparison, before[was], after[now], place, status)


def _covering(responses: Mapping[str, Any], status: str) -> str | None:
    candidates = (status, f"{status[:1]}XX", "default")
    return next((each for each in candidates if each in responses), None)


def _response(comparison: Comparison, old: Any, new: Any, place: str, status: str) -> Iterator[Change]:
    before, _ = comparison.old.follow(old, place)
    after, place = comparison.new.follow(new, place)
    label = f"the answer {status}"
    yield from _described(before, after, place, label)
    yield from _headers(comparison, before, after, place, label)
    yield from _content(comparison, before, after, place, label, Direction.RESPONSE)
    links = [
        version.closure(mapping(each.get("links")))
        for version, each in ((comparison.old, before), (comparison.new, after))
    ]
    if links[0] != links[1]:
        yield Change(EDITORIAL, "links", f"{place}/links", f"{label} leads to other calls, or in another way")


def _headers(
    comparison: Comparison, old: Mapping[str, Any], new: Mapping[str, Any], place: str, label: str
) -> Iterator[Change]:
    before = {name.lower(): value for name, value in mapping(old.get("headers")).items()}
    after = {name.lower(): value for name, value in mapping(new.get("headers")).items()}
    for name in dict.fromkeys((*before, *after)):
        here, inner = f"{label} has a header `{name}`", f"{place}/headers/{_escaped(name)}"
        was, _ = comparison.old.follow(before.get(name), inner)
        now, where = comparison.new.follow(after.get(name), inner)
        if name not in before:
            required = now.get("required") is True
            says = f"{here} now, which is {'required' if required else 'optional'}"
            yield Change(SERVERS if required else COMPATIBLE, "header-added", where, says)
        elif name not in after:
            yield Change(CLIENTS, "header-removed", inner, f"{label} no longer has a header `{name}`")
        else:
            what = f"the header `{name}`"
            yield from _requiredness(was, now, where, what, Direction.RESPONSE)
            yield from _described(was, now, where, what)
            yield from _schema(comparison, was, now, where, Direction.RESPONSE)
            yield from _content(comparison, was, now, where, what, Direction.RESPONSE)


def _content(
    comparison: Comparison, old: Mapping[str, Any], new: Mapping[str, Any], place: str, label: str, direction: Direction
) -> Iterator[Change]:
    before, after = mapping(old.get("content")), mapping(new.get("content"))
    for media in dict.fromkeys((*before, *after)):
        inner = f"{place}/content/{_escaped(media)}"
        if media not in after:
            # Who asks for it, or sends it, gets nothing; who answers with it fails.
            impact: Breaks = CLIENTS if direction is Direction.REQUEST else EITHER
            yield Change(impact, "media-type-removed", inner, f"{label} is no longer `{media}`")
        elif media not in before:
            impact = SERVERS if direction is Direction.REQUEST else CLIENTS
            yield Change(impact, "media-type-added", inner, f"{label} may be `{media}` now")
        else:
            was, now = mapping(before[media]), mapping(after[media])
            yield from _schema(comparison, was, now, inner, direction)
            yield from _described(was, now, inner, f"`{media}` of {label}")
            if canonical(was.get("encoding")) != canonical(now.get("encoding")):
                yield Change(EITHER, "encoding", inner, f"the encoding of {label} changed")


def _schema(
    comparison: Comparison, old: Mapping[str, Any], new: Mapping[str, Any], place: str, direction: Direction
) -> Iterator[Change]:
    if "schema" in old or "schema" in new:
        for change in comparison.schemas(old.get("schema", True), new.get("schema", True), f"{place}/schema"):
            yield Change(impact_of(change.effect, direction), change.kind, change.place, change.says)


def _described(old: Mapping[str, Any], new: Mapping[str, Any], place: str, label: str) -> Iterator[Change]:
    """Words, examples and marks, which bind nobody."""
    for member in dict.fromkeys((*old, *new)):
        if member in ("summary", "description", "example", "examples") or member.startswith("x-"):
            if canonical(old.get(member)) != canonical(new.get(member)):
                yield Change(EDITORIAL, member, place, f"{label}: `{member}` changed")
        elif member == "deprecated" and bool(old.get(member)) != bool(new.get(member)):
            says = f"{label} is {'' if new.get(member) else 'no longer '}deprecated"
            yield Change(COMPATIBLE, member, place, says)


def _security(old: _Call, new: _Call) -> Iterator[Change]:
    before, after = _ways(old), _ways(new)
    for way in before.keys() - after.keys():
        yield Change(CLIENTS, "security", new.place, f"{before[way]} is no longer enough to be let in")
    for way in after.keys() - before.keys():
        yield Change(SERVERS, "security", new.place, f"{after[way]} is enough to be let in now")


def _ways(call: _Call) -> dict[str, str]:
    """The alternatives of credentials: what each is called, by a text of what it demands."""
    given = call.raw.get("security", call.version.content.get("security"))
    schemes = mapping(mapping(call.version.content.get("components")).get("securitySchemes"))
    found = {}
    for way in sequence(given) or [{}]:
        demanded = []
        for name, scopes in mapping(way).items():
            scheme, _ = call.version.follow(schemes.get(name), name)
            bare = {key: value for key, value in scheme.items() if key not in ("description", "bearerFormat")}
            demanded.append((canonical(bare), sorted(map(str, sequence(scopes)))))
        found[canonical(sorted(demanded))] = (
            " with ".join(f"`{name}`" for name in mapping(way)) or "a call without credentials"
        )
    return found


def _rest(old: _Call, new: _Call) -> Iterator[Change]:
    """What an operation holds besides; what is not known may do anything."""
    compared = ("operationId", "parameters", "requestBody", "responses", "security", "x-behaviours", "servers")
    yield from _described(old.raw, new.raw, new.place, "the operation")
    for member in dict.fromkeys((*old.raw, *new.raw)):
        if member in (*compared, "summary", "description", "deprecated") or member.startswith("x-"):
            continue
        if canonical(old.raw.get(member)) != canonical(new.raw.get(member)):
            impact = EDITORIAL if member in ("tags", "externalDocs") else EITHER
            yield Change(impact, member, new.place, f"the operation's `{member}` changed")
    yield from _servers(old, new)


def _servers(old: _Call, new: _Call) -> Iterator[Change]:
    before, after = _bases(old), _bases(new)
    for url in before.keys() - after.keys():
        yield Change(CLIENTS, "server-removed", "#/servers", f"the service is no longer at {before[url]}")
    for url in after.keys() - before.keys():
        yield Change(COMPATIBLE, "server-added", "#/servers", f"the service is at {after[url]} as well, or instead")


def _bases(call: _Call) -> dict[str, str]:
    for level in (call.raw, call.item, call.version.content):
        if sequence(level.get("servers")):
            break
    found = {}
    for server in sequence(level.get("servers")) or [{"url": "/"}]:
        url = str(mapping(server).get("url"))
        variables = {
            name: {key: value for key, value in mapping(variable).items() if key in ("enum", "default")}
            for name, variable in mapping(mapping(server).get("variables")).items()
        }
        found[canonical([url, variables])] = f"`{url}`" + (f" with {shown(variables)}" if variables else "")
    return found


def _position(path: str, name: str) -> int | str:
    names = re.findall(r"\{([^}]*)\}", path)
    return names.index(name) if name in names else name


def _escaped(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")
