"""Generates requests from a document with schemathesis; run as a process of its own (`python -m`), without a network.

Reads a `Wanted` as JSON from standard input and writes a case per line, then the line `end`, to standard output.
The same input gives the same cases: the seed is fixed, and no database and no cache of earlier runs is looked at.
"""

import base64
import json
import random
import resource
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, cast

from retryspec.properties.cases import marker

__all__ = ["main"]

MEMORY = 3 * 1024**3
"""Bytes of address space."""

# How often a known value takes the place of a random one, so that both tasks that exist and others are met.
KNOWN = 0.75


def main() -> None:
    """Generate what standard input asks for."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    wanted = json.load(sys.stdin)
    out = sys.stdout
    for number, case in enumerate(_cases(wanted)):
        out.write(json.dumps({"number": number, **case}) + "\n")
    out.write("end\n")
    out.flush()


def _cases(wanted: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    import schemathesis

    schema = schemathesis.openapi.from_dict(_without_headers(wanted["document"]))
    schema.config.update(base_url="http://generated.invalid")
    schema.config.seed = wanted["seed"]
    known = frozenset(wanted["known"])
    for result in schema.get_all_operations():
        operation: Any = result.ok()  # type: ignore[union-attr]  # a document that was linted has no broken operation
        name = operation.definition.raw.get("operationId")
        if name not in wanted["operations"]:
            continue
        chance = random.Random(f"{wanted['seed']} {name}")
        if wanted["coverage"]:
            for case in _covering(schema, operation):
                yield _written(name, case, "coverage", known, chance, 1.0)
        for case in _random(operation, wanted["examples"], wanted["seed"]):
            yield _written(name, case, "random", known, chance, KNOWN)


def _without_headers(document: dict[str, Any]) -> dict[str, Any]:
    """The document without header parameters and security: requests are signed when they are sent."""
    parameters = document.get("components", {}).get("parameters", {})

    def is_header(parameter: Mapping[str, Any]) -> bool:
        found = parameters.get(parameter.get("$ref", "").rpartition("/")[2], parameter)
        return bool(found.get("in") == "header")

    def without(item: Mapping[str, Any]) -> dict[str, Any]:
        kept = {key: value for key, value in item.items() if key != "security"}
        if "parameters" in kept:
            kept["parameters"] = [each for each in kept["parameters"] if not is_header(each)]
        return kept

    paths = {
        path: {key: without(value) if isinstance(value, dict) else value for key, value in without(item).items()}
        for path, item in document["paths"].items()
    }
    return {**without(document), "paths": paths}


def _covering(schema: Any, operation: Any) -> Iterator[Any]:
    """The examples of the document, and the boundaries of what it allows from both sides."""
    from schemathesis.generation import GenerationMode

    config = schema.config.generation_for(operation=operation)
    modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
    for case in schema.iter_coverage_cases(operation, generation_modes=modes, generation_config=config):
        # Other methods and media types are for the checks, which know what is open about them.
        about = str(getattr(case.meta.phase.data, "description", ""))
        if case.method.upper() == operation.method.upper() and "Content-Type" not in about:
            yield case


def _random(operation: Any, most: int, seed: int) -> Iterator[Any]:
    from schemathesis.generation import GenerationMode

    yield from _drawn(operation.as_strategy(generation_mode=GenerationMode.POSITIVE), most, seed)
    if _can_be_wrong(operation):
        yield from _drawn(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE), most, seed)


def _drawn(strategy: Any, most: int, seed: int) -> list[Any]:
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import seed as seeded
    from hypothesis.errors import Unsatisfiable

    found: list[Any] = []

    @seeded(seed)
    @settings(
        max_examples=most,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=cast("list[HealthCheck]", list(HealthCheck)),
    )
    @given(case=strategy)
    def collect(case: Any) -> None:
        found.append(case)

    with suppress(Unsatisfiable):  # nothing is left that breaks the schemas of this operation
        collect()
    return found


def _can_be_wrong(operation: Any) -> bool:
    """Whether anything breaks the schemas of an operation; a path of any string, say, cannot be wrong."""
    if len(operation.query) or len(operation.body):
        return True
    strict = ("pattern", "format", "enum", "maxLength", "const")
    schemas = [parameter.definition.get("schema", {}) for parameter in operation.path_parameters]
    return any(keyword in schema for schema in schemas for keyword in strict)


def _written(
    name: str, case: Any, phase: str, known: frozenset[str], chance: random.Random, share: float
) -> dict[str, Any]:
    import requests
    from schemathesis.generation import GenerationMode

    # What is particular to a case is asked for before values are put into it, which schemathesis would judge anew.
    wrong, valid = _wrong_parts(case), case.meta.generation.mode is GenerationMode.POSITIVE
    about = str(getattr(case.meta.phase.data, "description", None) or ", ".join(sorted(wrong)) or "random values")
    _mark(case, known, wrong, chance, share)
    words = case.as_transport_kwargs()
    wanted = ("method", "url", "params", "json", "data", "files", "headers")
    prepared = requests.Request(**{key: words[key] for key in wanted if key in words}).prepare()
    url = str(prepared.url).partition("://")[2]
    body: Any = prepared.body.encode() if isinstance(prepared.body, str) else prepared.body
    has_body = bool(len(case.operation.body))
    return {
        "operation": name,
        "method": prepared.method,
        "target": "/" + url.partition("/")[2],
        "body": base64.b64encode(body or b"").decode() if has_body else None,
        "media_type": prepared.headers.get("Content-Type") if has_body else None,
        "valid": valid,
        "phase": phase,
        "about": about,
    }


def _wrong_parts(case: Any) -> set[str]:
    """The parts of a case that break the schemas, such as `query.size`."""
    data = case.meta.phase.data
    places = [(data.parameter_location, data.parameter)]
    places += [(each.parameter_location, each.parameter) for each in data.mutations]
    return {f"{place.value}.{parameter}" for place, parameter in places if place is not None and parameter}


def _mark(case: Any, known: frozenset[str], wrong: set[str], chance: random.Random, share: float) -> None:
    """Put markers in place of the values that only a running server knows."""
    for place, values in (("path", case.path_parameters), ("query", case.query)):
        for parameter in list(values or ()):
            name = f"{place}.{parameter}"
            if name in known and name not in wrong and chance.random() < share:
                values[parameter] = marker(name)
    if "body" in known and isinstance(case.body, list):
        case.body = [
            marker("body") if isinstance(item, str) and chance.random() < share else item for item in case.body
        ]


if __name__ == "__main__":
    main()
