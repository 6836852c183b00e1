"""The models enforce what their documents say: of random, near and mauled bodies both give the same verdict.

`RETRYSPEC_BODIES=10000` tries as many for each schema; by default there are few, so that the tests stay quick.
"""

import importlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jsonschema_rs
import pydantic
import pytest
from retryspec.documents import load_document, slugs
from selftest.json_bodies import Bodies, places

BODIES = int(os.environ.get("RETRYSPEC_BODIES", "150"))

# Where model and schema differ, and why that stays.
REASONS: dict[str, Callable[[Any], bool]] = {
    # JSON Schema counts 5.0 and 1e300 among the integers; pydantic's strict integers are written without a point, and a
    # client that reads one into a fixed size is better off to be told.
    "an integer that is written as a fraction": lambda body: any(
        isinstance(value, float) and value.is_integer() for value in values_in(body)
    ),
    # RFC 3339 has leap seconds and the year 0, and Python's datetime has neither.
    "a time that Python has not": lambda body: any(
        isinstance(value, str) and (":60" in value or value.startswith("0000-")) for value in values_in(body)
    ),
}


def values_in(body: Any) -> list[Any]:
    """Every value in a body."""
    found = []
    for way in places(body):
        value = body
        for step in way:
            value = value[step]
        found.append(value)
    return found


@dataclass(frozen=True, slots=True)
class Pair:
    """A schema of a document, and the model of it."""

    slug: str
    name: str

    @property
    def reference(self) -> dict[str, str]:
        """The schema, by reference."""
        return {"$ref": f"#/components/schemas/{self.name}"}

    def verdicts(self) -> tuple[Callable[[Any], bool], Callable[[Any], bool]]:
        """Whether the schema allows a body, and whether the model does."""
        components = load_document(self.slug).content["components"]
        schema = jsonschema_rs.Draft202012Validator({**self.reference, "components": components}, validate_formats=True)
        adapter: pydantic.TypeAdapter[Any] = pydantic.TypeAdapter(model_of(self.slug, self.name))

        def is_read(body: Any) -> bool:
            try:
                adapter.validate_json(json.dumps(body), by_alias=True, by_name=False)
            except pydantic.ValidationError:
                return False
            return True

        return schema.is_valid, is_read


def model_of(slug: str, name: str) -> Any:
    """The model of a schema; None where it has none."""
    return getattr(importlib.import_module(f"retryspec_models.{slug}"), name, None)


PAIRS = [
    Pair(slug, name)
    for slug in slugs()
    for name in load_document(slug).content["components"]["schemas"]
    if model_of(slug, name) is not None
]


@pytest.mark.parametrize("slug", slugs())
def test_schemas_without_a_model_have_one_value(slug: str) -> None:
    """What has no model of its own is a single word, which stands in the model around it."""
    schemas = load_document(slug).content["components"]["schemas"]

    for name, schema in schemas.items():
        if model_of(slug, name) is None:
            assert "const" in schema or len(schema.get("enum", [])) == 1, name


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.slug}-{pair.name}")
def test_model_and_schema_agree(pair: Pair) -> None:
    """A body that either of them refuses, both do, but for the reasons above."""
    bodies = Bodies(load_document(pair.slug).content, seed=1)
    is_valid, is_read = pair.verdicts()
    allowed = 0

    for number in range(BODIES):
        body = bodies.fitting(pair.reference)
        for _ in range(number % 4):
            body = bodies.mutated(body)
        valid, read = is_valid(body), is_read(body)
        allowed += valid
        if valid != read:
            assert valid, f"the model allows what the schema refuses: {json.dumps(body)}"
            assert any(reason(body) for reason in REASONS.values()), f"the model refuses: {json.dumps(body)}"

    assert BODIES * 0.2 < allowed < BODIES * 0.95


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.slug}-{pair.name}")
def test_every_constraint_is_enforced(pair: Pair) -> None:
    """For each constraint that a value can break, there is one that schema and model refuse."""
    bodies = Bodies(load_document(pair.slug).content, seed=1)
    is_valid, is_read = pair.verdicts()
    tried: dict[str, int] = {}

    for constraint, body in bodies.violations(pair.reference):
        # Another alternative may allow what breaks this one.
        tried.setdefault(constraint, 0)
        if not is_valid(body):
            tried[constraint] += 1
            assert not is_read(body), f"{constraint}: the model allows {json.dumps(body)}"

    assert tried
    assert tried["type"] > 0
