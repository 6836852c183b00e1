"""JSON bodies for a schema by a seeded chance: such as fit, such as just do not, and such as were mauled.

schemathesis draws bodies too, but some half a second for each of a schema that contains itself; this makes thousands in
that time, and knows the bounds it should try.
"""

import copy
import json
import math
import random
import re
from collections.abc import Iterator, Mapping
from typing import Any

from retryspec.diff import Version
from retryspec.diff.normal import Flat, alternatives

__all__ = ["Bodies", "places"]

_ANYTHING: list[Any] = [
    *(None, True, False, 0, 1, -1, 7, 1.5, -0.5, 2**31, 2**63, 1e300),
    *("", "x", "5", "true", "null", "é", "\x00", "a" * 70),
    *([], [None], ["x"], {}, {"a": 1}, [[]], {"": None}),
]  # fmt: skip
_FORMATS = {
    "date-time": (
        ["2026-01-31T23:59:59Z", "2024-02-29T00:00:00.123+02:00", "2026-06-30T12:00:00.123456-11:30"],
        [
            *("2026-01-31", "2026-01-31T23:59:59", "2026-02-30T00:00:00Z", "2026-01-31T25:00:00Z", "23:59:59Z"),
            *("1448925013", "2026-13-01T00:00:00Z", "2026-01-31T00:60:00Z", " 2026-01-31T23:59:59Z", "now", "5"),
        ],
    ),
    "uri": (["https://a.example/b?c=d#e", "urn:x:y"], ["a b", "//a.example", "", "http://a b/"]),
}  # fmt: skip
_DEEPEST = 4


def places(body: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The ways to every value in a body, itself first."""
    yield way
    inner = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for key, value in inner:
        yield from places(value, (*way, key))


class Bodies:
    """Makes bodies for the schemas of one document."""

    def __init__(self, content: Mapping[str, Any], seed: int) -> None:
        self.version = Version("the document", content)
        self.random = random.Random(seed)
        self._known: dict[str, list[Flat]] = {}
        texts = {value for value in _strings(content) if len(value) < 200}
        self._texts = sorted(texts)

    def fitting(self, schema: Any, depth: int = 0) -> Any:
        """A body that fits, at a bound of it as often as not."""
        flats = self._flats(schema)
        if depth > _DEEPEST:
            # What contains itself ends in the shortest alternative.
            flats = [flat for flat in flats if flat.type not in ("array", "object")] or flats
        flat = self.random.choice(flats)
        if flat.enum is not None:
            return copy.deepcopy(self.random.choice(flat.enum))
        match flat.type:
            case "null":
                return None
            case "boolean":
                return self.random.random() < 0.5
            case "number":
                return self._number(flat)
            case "string":
                return self._string(flat)
            case "array":
                return self._array(flat, depth)
            case _:
                return self._object(flat, depth)

    def _flats(self, schema: Any) -> list[Flat]:
        text = json.dumps(schema)
        if text not in self._known:
            self._known[text] = alternatives(self.version, schema)
        return self._known[text]

    def mutated(self, body: Any) -> Any:
        """A body with something in one place of it changed."""
        way = self.random.choice(list(places(body)))
        found = copy.deepcopy(body)
        if not way:
            return self._mauled(found)
        holder = found
        for step in way[:-1]:
            holder = holder[step]
        key = way[-1]
        match self.random.randrange(5):
            case 0:
                del holder[key]
            case 1 if isinstance(holder, dict):
                holder[f"{key}x"] = holder[key]
            case 1 | 2:
                holder[key] = self._other(holder[key])
            case _:
                holder[key] = self._mauled(holder[key])
        return found

    def violations(self, schema: Any, depth: int = 0) -> Iterator[tuple[str, Any]]:
        """For each constraint of a schema, by its keyword, values that break it and little else."""
        flats = self._flats(schema)
        types = {flat.type for flat in flats}
        samples: dict[str, Any] = {"null": None, "boolean": True, "number": 1, "string": "x", "array": [], "object": {}}
        yield from (("type", value) for kind, value in samples.items() if kind not in types)
        for flat in flats:
            yield from self._violations(flat, depth)

    def _violations(self, flat: Flat, depth: int) -> Iterator[tuple[str, Any]]:
        if flat.enum is not None:
            for value in flat.enum:
                yield "enum", f"{value}x" if isinstance(value, str) else 7919
                yield "enum", value.swapcase() if isinstance(value, str) else 7919
            return
        if flat.integer:
            yield "type", 1.5
        if math.isfinite(flat.lower[0]):
            yield "minimum", flat.lower[0] - (0 if flat.lower[1] else 1)
        if math.isfinite(flat.upper[0]):
            yield "maximum", flat.upper[0] + (0 if flat.upper[1] else 1)
        for divisor in flat.multiples:
            yield "multipleOf", divisor / 2
        sizes = {"string": ("Length", "x"), "array": ("Items", [None]), "object": ("Properties", None)}
        if flat.least and flat.type in ("string", "array"):
            fill: Any = sizes[flat.type][1]
            yield f"min{sizes[flat.type][0]}", fill * (int(flat.least) - 1)
        if math.isfinite(flat.most) and flat.type == "string":
            yield "maxLength", "x" * (int(flat.most) + 1)
        if math.isfinite(flat.most) and flat.type == "array":
            yield "maxItems", [self.fitting(flat.items) for _ in range(int(flat.most) + 1)]
        if flat.least and flat.type == "object" and not flat.required:
            yield "minProperties", {}
        for pattern in flat.patterns:
            yield from (("pattern", text) for text in ("", "x", "0", "é" * 24) if not re.search(pattern, text))
        for name in flat.formats:
            yield from ((f"format {name}", text) for text in _FORMATS.get(str(name), ([], []))[1])
        # What is further in is a schema with a name more often than not, and has its own turn.
        if flat.type == "array" and flat.items is not True and depth < 2:
            yield from ((f"items {keyword}", [value]) for keyword, value in self.violations(flat.items, depth + 1))
        if flat.type == "object" and depth == 0:
            whole = self._object(flat, _DEEPEST - 1, everything=True)
            for name in sorted(flat.required):
                yield f"required {name}", {key: value for key, value in whole.items() if key != name}
            for name, inner in flat.properties.items():
                for keyword, value in self.violations(inner, depth + 1):
                    yield f"{name}: {keyword}", {**whole, name: value}

    def _number(self, flat: Flat) -> int | float:
        low = max(flat.lower[0], -(2**31)) + (1 if flat.lower[1] else 0)
        high = min(flat.upper[0], 2**31 - 1) - (1 if flat.upper[1] else 0)
        chosen = self.random.choice([low, high, min(low + 1, high), self.random.randint(int(low), int(high))])
        return int(chosen) if flat.integer else chosen

    def _string(self, flat: Flat) -> str:
        for name in flat.formats:
            if str(name) in _FORMATS:
                return self.random.choice(_FORMATS[str(name)][0])
        if flat.patterns:
            fitting = [text for text in self._texts if all(re.search(pattern, text) for pattern in flat.patterns)]
            return self.random.choice([each for each in fitting if flat.least <= len(each) <= flat.most] or ["x"])
        most = int(min(flat.most, max(flat.least, 12)))
        length = self.random.choice([int(flat.least), most, min(int(flat.least) + 1, most)])
        return "".join(self.random.choice('abcXYZ019 _-/é😀\n"\\') for _ in range(length))

    def _array(self, flat: Flat, depth: int) -> list[Any]:
        most = int(min(flat.most, max(flat.least, 2 if depth < 2 else 0)))
        return [self.fitting(flat.items, depth + 1) for _ in range(self.random.randint(int(flat.least), most))]

    def _object(self, flat: Flat, depth: int, *, everything: bool = False) -> dict[str, Any]:
        share = self.random.choice([0.1, 0.5, 1.0]) if depth < _DEEPEST else 0
        found = {
            name: self.fitting(inner, depth + 1)
            for name, inner in flat.properties.items()
            if everything or name in flat.required or self.random.random() < share
        }
        if len(found) < flat.least:
            names = [name for name in flat.properties if name not in found]
            for name in self.random.sample(names, min(len(names), int(flat.least) - len(found))):
                found[name] = self.fitting(flat.properties[name], depth + 1)
        if flat.additional is not False and self.random.random() < 0.1:
            found["another"] = self.fitting(flat.additional, _DEEPEST + 1)
        return found

    def _mauled(self, value: Any) -> Any:
        return copy.deepcopy(self.random.choice([*_ANYTHING, self.random.choice(self._texts), [value], {"a": value}]))

    def _other(self, value: Any) -> Any:
        """Something close to a value."""
        near: list[Any] = [value, None, str(value)]
        if isinstance(value, bool):
            near += [int(value), not value]
        elif isinstance(value, int | float):
            near += [value + 1, value - 1, -value, float(value), value * 1000, bool(value)]
        elif isinstance(value, str):
            near += [value[:-1], value + "x", value.swapcase(), value * 50, [value], f" {value}", f"{value}\n"]
            near += [text for _, bad in _FORMATS.values() for text in bad]
        elif isinstance(value, list):
            near += [
                value * 2,
                value[1:],
                [*value, None],
                {str(place): each for place, each in enumerate(value)},
                value * 11,
            ]
        elif isinstance(value, dict):
            near += [list(value), {**value, "another": 1}, {}, list(value.values())]
        return copy.deepcopy(self.random.choice(near))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        yield from _strings(each)
