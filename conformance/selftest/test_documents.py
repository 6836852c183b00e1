"""The documents as the suite reads them."""

import json
from importlib.resources import files

import pytest
from retryspec.behaviours import Level, read_behaviours
from retryspec.documents import Document, load_document, slugs
from retryspec.errors import UsageError

RAW = {
    "info": {"title": "An API"},
    "x-behaviours": [{"id": "X-1", "level": "MUST", "says": "Shared\n  by all.", "source": "seed 000"}],
    "paths": {
        "/a/{b}": {
            "parameters": [],
            "get": {
                "operationId": "getA",
                "x-behaviours": [
                    {
                        "id": "X-2",
                        "level": "MAY",
                        "says": "S.",
                        "source": "s",
                        "decision": "A-1",
                        "unobservable": "why",
                    },
                    {"id": "X-3", "level": "SHOULD", "says": "S.", "source": "s", "decision": ["A-1", "A-2"]},
                ],
                "responses": {
                    "200": {
                        "headers": {
                            "X-Own": {"required": True},
                            "X-May": {},
                            "X-Ref": {"$ref": "#/components/headers/H"},
                        },
                        "content": {"application/json": {"schema": {"type": "object"}}},
                    },
                    "204": {"description": "nothing"},
                    "404": {"$ref": "#/components/responses/Not~1there"},
                },
            },
        }
    },
    "components": {
        "headers": {"H": {"required": True}},
        "responses": {"Not/there": {"content": {"application/json": {"schema": {}}}}},
    },
}
DOCUMENT = Document("x", RAW)


def test_behaviours_come_in_the_order_of_the_document() -> None:
    """What all operations share comes first, and every entry has what it says."""
    first, second, third = DOCUMENT.behaviours.values()

    assert (first.id, first.level, first.says, first.operation) == ("X-1", Level.MUST, "Shared by all.", None)
    assert (second.operation, second.decision, second.unobservable) == ("getA", ("A-1",), "why")
    assert (third.level, third.decision, third.unobservable) == (Level.SHOULD, ("A-1", "A-2"), None)


def test_level_has_to_be_one_of_three() -> None:
    """A level that nobody knows is no level."""
    with pytest.raises(ValueError, match="SHALL"):
        read_behaviours([{"id": "X", "level": "SHALL", "says": "", "source": ""}], None)


def test_operations_have_their_answers() -> None:
    """References are followed, and pointers lead to the schema of a body."""
    operation = DOCUMENT.operations["getA"]

    assert (operation.method, operation.path) == ("GET", "/a/{b}")
    assert {status: answer.required_headers for status, answer in operation.answers.items()} == {
        200: ("X-Own", "X-Ref"),
        204: (),
        404: (),
    }
    pointers = {status: answer.schema_pointer for status, answer in operation.answers.items()}
    assert pointers[204] is None
    assert DOCUMENT.resolve(pointers[200] or "") == {"type": "object"}
    assert pointers[404] == "#/components/responses/Not~1there/content/application~1json/schema"
    assert DOCUMENT.resolve(pointers[404] or "") == {}


@pytest.mark.parametrize("slug", slugs())
def test_document_of_an_api_is_the_generated_one(slug: str) -> None:
    """Every API has a document with a title, operations and behaviours of which no id stands twice."""
    raw = json.loads(files("retryspec_models").joinpath(slug, "openapi.json").read_text(encoding="utf-8"))
    document = load_document(slug)

    assert document.content == raw
    assert document.title == raw["info"]["title"]
    assert document.operations
    entries = [*raw.get("x-behaviours", [])]
    for operation in (each for item in raw["paths"].values() for each in item.values() if isinstance(each, dict)):
        entries += operation.get("x-behaviours", [])
    assert [entry["id"] for entry in entries] == list(document.behaviours)


def test_unknown_api_is_told() -> None:
    """A slug that nobody has is answered with those that there are."""
    with pytest.raises(UsageError, match=rf"There is no API 'nope'; retryspec knows: .*{slugs()[0]}"):
        load_document("nope")
    with pytest.raises(UsageError, match="no API"):
        load_document("../sls")
