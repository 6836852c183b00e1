"""Every rule of `retryspec diff`: a pair of documents that differ in one thing, and whom that breaks."""

import copy
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from retryspec.diff import Change, Version, compare, read_version
from retryspec.diff.render import as_json, as_markdown, as_text
from retryspec.documents import load_document, slugs
from retryspec.errors import UsageError
from selftest.conftest import Said

Node = dict[str, Any]

SOURCE = "seed 001"
DOCUMENT: Node = {
    "openapi": "3.1.1",
    "info": {"title": "Tasks", "version": "1"},
    "servers": [{"url": "https://{host}/v1", "variables": {"host": {"default": "a.example"}}}],
    "security": [{"Key": []}],
    "x-behaviours": [{"id": "T-ALL-01", "level": "MUST", "says": "Every answer has an id.", "source": SOURCE}],
    "paths": {
        "/tasks/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "get": {
                "operationId": "getTask",
                "summary": "Look",
                "parameters": [
                    {
                        "name": "depth",
                        "in": "query",
                        "schema": {"type": "integer", "minimum": 0, "maximum": 9, "default": 1},
                        "example": 1,
                    },
                    {"name": "X-Trace", "in": "header", "schema": {"type": "string"}},
                ],
                "responses": {
                    "200": {
                        "description": "The task.",
                        "headers": {"X-Id": {"required": True, "schema": {"type": "string"}}},
                        "links": {"again": {"operationId": "retryTask"}},
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Task"}}},
                    },
                    "404": {"$ref": "#/components/responses/Failed"},
                },
                "x-behaviours": [
                    {"id": "T-GET-01", "level": "MUST", "says": "A task is shown.", "source": SOURCE},
                    {"id": "T-GET-02", "level": "SHOULD", "says": "It is shown soon.", "source": SOURCE},
                    {
                        "id": "T-GET-03",
                        "level": "MUST",
                        "says": "It is kept.",
                        "source": SOURCE,
                        "unobservable": "Nobody sees it.",
                    },
                ],
            },
            "put": {
                "operationId": "retryTask",
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Retry"}}},
                },
                "responses": {"200": {"description": "It runs."}},
            },
        }
    },
    "components": {
        "schemas": {
            "Task": {
                "type": "object",
                "required": ["id"],
                "properties": {
                    "id": {"type": "string", "minLength": 1, "description": "Its id."},
                    "status": {"type": "string", "enum": ["open", "done"]},
                    "ended": {"type": "string", "format": "date-time"},
                    "share": {"type": "number", "minimum": 0, "maximum": 1},
                    "steps": {"type": "array", "items": {"$ref": "#/components/schemas/Task"}, "maxItems": 5},
                },
            },
            "Retry": {
                "type": "object",
                "required": ["why"],
                "additionalProperties": False,
                "properties": {
                    "why": {"type": "string", "maxLength": 9, "pattern": "^a"},
                    "count": {"type": "integer", "format": "int32", "default": 1, "multipleOf": 2},
                },
            },
            "Error": {"type": "object", "required": ["code"], "properties": {"code": {"type": "string"}}},
        },
        "responses": {
            "Failed": {
                "description": "It is not there.",
                "content": {
                    "application/json": {
                        "schema": {
                            "allOf": [
                                {"$ref": "#/components/schemas/Error"},
                                {"properties": {"code": {"enum": ["NotFound"]}}},
                            ]
                        },
                        "examples": {"NotFound": {"value": {"code": "NotFound"}}},
                    }
                },
            }
        },
        "securitySchemes": {"Key": {"type": "apiKey", "in": "header", "name": "Authorization"}},
    },
}

C, S, OK, TEXT = {"breaks-clients"}, {"breaks-servers"}, {"compatible"}, {"editorial"}
BOTH = C | S

ITEM = "paths//tasks/{id}"
GET = f"{ITEM}|get"
PUT = f"{ITEM}|put"
DEPTH = f"{GET}|parameters|0"
ANSWER = f"{GET}|responses|200"
BODY = f"{PUT}|requestBody"
TASK = "components|schemas|Task"
RETRY = "components|schemas|Retry"
FAILED = "components|responses|Failed|content|application/json|schema"
GONE = object()


def edited(place: str, value: object) -> Node:
    """The document with one place set to a value, or taken out."""
    document = copy.deepcopy(DOCUMENT)
    *way, last = place.replace("paths//", "paths|/").split("|")
    node: Any = document
    for step in way:
        node = node[int(step)] if isinstance(node, list) else node[step]
    key: Any = int(last) if isinstance(node, list) else last
    if value is GONE:
        del node[key]
    elif isinstance(node, list) and key == len(node):
        node.append(value)
    else:
        node[key] = value
    return document


def changes_between(old: Node, new: Node) -> list[Change]:
    """The changes from one document to another."""
    return compare(Version("old", old), Version("new", new))


# What is edited, to what; the kind of the change, whom it breaks, and whom its reverse does.
RULES: dict[str, tuple[str, object, str, set[str], set[str]]] = {
    # Operations, and how they are addressed.
    "operation": (PUT, GONE, "operation", C, S),
    "operation-id": (f"{GET}|operationId", "showTask", "operation-id", C, C),
    "summary": (f"{GET}|summary", "Look at it", "summary", TEXT, TEXT),
    "operation-deprecated": (f"{GET}|deprecated", True, "deprecated", OK, OK),
    "tags": (f"{GET}|tags", ["x"], "tags", TEXT, TEXT),
    "callbacks": (f"{GET}|callbacks", {"x": {}}, "callbacks", BOTH, BOTH),
    "server": ("servers|0|url", "https://{host}/v2", "server", C, C),
    "server-default": ("servers|0|variables|host|default", "b.example", "server", C, C),
    "server-description": ("servers|0|description", "There.", "spelling", TEXT, TEXT),
    "title": ("info|title", "Jobs", "info", TEXT, TEXT),
    # Parameters.
    "parameter-gone": (f"{GET}|parameters|1", GONE, "parameter", C, S),
    "parameter-required": (f"{DEPTH}|required", True, "required", C, S),
    "parameter-location": (f"{DEPTH}|in", "header", "parameter-location", BOTH, BOTH),
    "parameter-minimum": (f"{DEPTH}|schema|minimum", 1, "minimum", C, S),
    "parameter-exclusive": (f"{DEPTH}|schema|exclusiveMaximum", 9, "maximum", C, S),
    "parameter-default": (f"{DEPTH}|schema|default", 2, "default", BOTH, BOTH),
    "parameter-default-gone": (f"{DEPTH}|schema|default", GONE, "default", C, S),
    "parameter-null": (f"{DEPTH}|schema|type", ["integer", "null"], "type", S, C),
    "parameter-example": (f"{DEPTH}|example", 2, "example", TEXT, TEXT),
    "parameter-description": (f"{DEPTH}|description", "How deep.", "description", TEXT, TEXT),
    "parameter-style": (f"{DEPTH}|style", "spaceDelimited", "style", BOTH, BOTH),
    "parameter-explode": (f"{DEPTH}|explode", False, "explode", BOTH, BOTH),
    "path-parameter-pattern": (f"{ITEM}|parameters|0|schema|pattern", "^x", "pattern", C, S),
    # Request bodies.
    "body-gone": (BODY, GONE, "request-body", C, BOTH),
    "body-optional": (f"{BODY}|required", False, "required", S, C),
    "body-media-type": (f"{BODY}|content|text/plain", {"schema": {"type": "string"}}, "media-type", S, C),
    "body-required": (f"{RETRY}|required", ["why", "count"], "required", C, S),
    "body-max-length": (f"{RETRY}|properties|why|maxLength", 8, "maxLength", C, S),
    "body-min-length": (f"{RETRY}|properties|why|minLength", 1, "minLength", C, S),
    "body-pattern": (f"{RETRY}|properties|why|pattern", "^b", "pattern", BOTH, BOTH),
    "body-pattern-gone": (f"{RETRY}|properties|why|pattern", GONE, "pattern", S, C),
    "body-format": (f"{RETRY}|properties|count|format", "int64", "format", S, C),
    "body-format-gone": (f"{RETRY}|properties|count|format", GONE, "format", S, C),
    "body-multiple": (f"{RETRY}|properties|count|multipleOf", 4, "multipleOf", C, S),
    "body-number": (f"{RETRY}|properties|count|type", "number", "type", S, C),
    "body-member": (f"{RETRY}|properties|note", {"type": "string"}, "property", S, C),
    "body-open": (f"{RETRY}|additionalProperties", True, "type", S, C),
    "body-few": (f"{RETRY}|minProperties", 2, "minProperties", C, S),
    "body-read-only": (f"{RETRY}|properties|why|readOnly", True, "readOnly", BOTH, BOTH),
    "body-const": (f"{RETRY}|properties|why|const", "ab", "enum", C, S),
    "body-unknown-keyword": (f"{RETRY}|properties|why|fancy", True, "fancy", BOTH, BOTH),
    # Answers.
    "answer-header-gone": (f"{ANSWER}|headers|X-Id", GONE, "header", C, S),
    "answer-header-optional": (f"{ANSWER}|headers|X-Id|required", False, "required", C, S),
    "answer-header-more": (f"{ANSWER}|headers|X-Now", {"schema": {"type": "string"}}, "header", OK, C),
    "answer-header-schema": (f"{ANSWER}|headers|X-Id|schema|minLength", 3, "minLength", S, C),
    "answer-media-type": (f"{ANSWER}|content|text/plain", {"schema": {"type": "string"}}, "media-type", C, BOTH),
    "answer-status-ok": (f"{GET}|responses|202", {"description": "Soon."}, "response", C, S),
    "answer-status-known-class": (f"{GET}|responses|410", {"description": "Gone."}, "response", OK, S),
    "answer-status-new-class": (f"{GET}|responses|503", {"description": "Busy."}, "response", C, S),
    "answer-links": (f"{ANSWER}|links", GONE, "links", TEXT, TEXT),
    "answer-description": (f"{ANSWER}|description", "A task.", "description", TEXT, TEXT),
    "answer-required": (f"{TASK}|required", ["id", "status"], "required", S, C),
    "answer-enum": (f"{TASK}|properties|status|enum", ["open", "done", "lost"], "enum", C, S),
    "answer-enum-other": (f"{TASK}|properties|status|enum", ["open", "shut"], "enum", BOTH, BOTH),
    "answer-enum-gone": (f"{TASK}|properties|status|enum", GONE, "enum", C, S),
    "answer-null": (f"{TASK}|properties|id|type", ["string", "null"], "type", C, S),
    "answer-min-length": (f"{TASK}|properties|id|minLength", 2, "minLength", S, C),
    "answer-maximum": (f"{TASK}|properties|share|maximum", 2, "maximum", C, S),
    "answer-exclusive": (f"{TASK}|properties|share|exclusiveMinimum", 0, "minimum", S, C),
    "answer-format": (f"{TASK}|properties|ended|format", "date", "format", BOTH, BOTH),
    "answer-max-items": (f"{TASK}|properties|steps|maxItems", GONE, "maxItems", C, S),
    "answer-unique": (f"{TASK}|properties|steps|uniqueItems", True, "uniqueItems", S, C),
    "answer-items": (f"{TASK}|properties|steps|items", {"type": "string"}, "type", BOTH, BOTH),
    "answer-contains": (f"{TASK}|properties|steps|contains", {"required": ["id"]}, "contains", S, C),
    "answer-if": (f"{TASK}|if", {"required": ["ended"]}, "if", S, C),
    "answer-not": (f"{TASK}|not", {"required": ["lost"]}, "not", S, C),
    "answer-member": (f"{TASK}|properties|note", {"type": "string"}, "property", OK, C),
    "answer-forbidden": (f"{TASK}|properties|note", False, "property", S, C),
    "answer-closed": (f"{TASK}|additionalProperties", False, "type", S, C),
    "answer-default": (f"{TASK}|properties|status|default", "open", "default", TEXT, TEXT),
    "answer-words": (f"{TASK}|properties|id|description", "The id.", "description", TEXT, TEXT),
    "answer-deprecated": (f"{TASK}|properties|id|deprecated", True, "deprecated", OK, OK),
    "answer-extension": (f"{TASK}|properties|id|x-source", "Elsewhere.", "x-source", TEXT, TEXT),
    "error-code": (f"{FAILED}|allOf|1|properties|code|enum", ["NotFound", "Gone"], "enum", C, S),
    "error-base": ("components|schemas|Error|properties|text", {"type": "string"}, "property", OK, C),
    "error-example": (
        "components|responses|Failed|content|application/json|examples",
        {},
        "examples",
        TEXT,
        TEXT,
    ),
    # Credentials.
    "security-more": ("security|1", {}, "security", S, C),
    "security-other": ("components|securitySchemes|Key|name", "X-Key", "security", BOTH, BOTH),
    "security-scope": ("security|0|Key", ["write"], "security", BOTH, BOTH),
    "security-words": ("components|securitySchemes|Key|description", "A key.", "component", TEXT, TEXT),
    "security-of-operation": (f"{GET}|security", [], "security", BOTH, BOTH),
    # Behaviours.
    "must": (
        f"{GET}|x-behaviours|3",
        {"id": "T-GET-04", "level": "MUST", "says": "It is new.", "source": SOURCE},
        "behaviour",
        S,
        C,
    ),
    "should": (
        f"{GET}|x-behaviours|3",
        {"id": "T-GET-04", "level": "SHOULD", "says": "It is new.", "source": SOURCE},
        "behaviour",
        OK,
        OK,
    ),
    "level": (f"{GET}|x-behaviours|1|level", "MUST", "behaviour-level", S, C),
    "level-of-may": (f"{GET}|x-behaviours|1|level", "MAY", "behaviour-level", OK, OK),
    "sentence": ("x-behaviours|0|says", "Every answer has no id.", "behaviour-sentence", S, S),
    "sentence-of-should": (f"{GET}|x-behaviours|1|says", "It is shown late.", "behaviour-sentence", OK, OK),
    "sentence-spelled": ("x-behaviours|0|says", "Every answer has an `id`.", "behaviour-sentence", TEXT, TEXT),
    "source": ("x-behaviours|0|source", "seed 002", "behaviour-source", TEXT, TEXT),
    "decision": ("x-behaviours|0|decision", "A-01", "behaviour-decision", TEXT, TEXT),
    "observable": (f"{GET}|x-behaviours|2|unobservable", GONE, "behaviour-unobservable", S, OK),
    # Components that nothing uses.
    "component": ("components|schemas|Unused", {"type": "string"}, "component", TEXT, TEXT),
}


@pytest.mark.parametrize("reverse", [False, True], ids=["there", "back"])
@pytest.mark.parametrize("rule", RULES)
def test_change_breaks_whom_it_should(rule: str, reverse: bool) -> None:
    """One change is told as what it is, and nothing that it is not is told beside it."""
    place, value, kind, there, back = RULES[rule]
    old, new = DOCUMENT, edited(place, value)

    changes = changes_between(new, old) if reverse else changes_between(old, new)

    kinds = {change.kind for change in changes}
    impact = {each.value for change in changes for each in change.impact}
    # What a component is called is told beside what it does.
    assert any(each.startswith(kind) for each in kinds), changes
    assert impact - (TEXT | OK) == (back if reverse else there) - (TEXT | OK), changes
    assert (impact <= TEXT) == ((back if reverse else there) == TEXT), changes


def test_moved_path_parameter_name_is_editorial() -> None:
    """The name of a path parameter is not on the wire."""
    text = json.dumps(DOCUMENT).replace("/tasks/{id}", "/tasks/{task}").replace('"name": "id"', '"name": "task"')

    changes = changes_between(DOCUMENT, json.loads(text))

    assert {each.value for change in changes for each in change.impact} == TEXT


SPELLINGS: dict[str, tuple[Any, Any]] = {
    "reference-inlined": ({"$ref": "#/components/schemas/Error"}, DOCUMENT["components"]["schemas"]["Error"]),
    "const-as-enum": ({"const": 1}, {"enum": [1]}),
    "types-as-any-of": ({"type": ["string", "null"]}, {"anyOf": [{"type": "null"}, {"type": "string"}]}),
    "enum-with-null": (
        {"type": ["string", "null"], "enum": ["a", None]},
        {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}]},
    ),
    "all-of-merged": (
        {"allOf": [{"type": "string", "minLength": 1}, {"maxLength": 3}]},
        {"type": "string", "minLength": 1, "maxLength": 3},
    ),
    "one-of-types": ({"oneOf": [{"type": "string"}, {"type": "null"}]}, {"type": ["string", "null"]}),
    "integer-bound": ({"type": "integer", "exclusiveMinimum": 0}, {"type": "integer", "minimum": 1}),
    "default-sizes": ({"type": "string"}, {"type": "string", "minLength": 0}),
    "any-of-order": (
        {"anyOf": [{"type": "string", "maxLength": 1}, {"type": "string", "minLength": 5}]},
        {"anyOf": [{"type": "string", "minLength": 5}, {"type": "string", "maxLength": 1}]},
    ),
    "true-as-empty": (True, {}),
}


@pytest.mark.parametrize("one", SPELLINGS)
def test_other_spelling_breaks_nobody(one: str) -> None:
    """The same values, written in another way, are no change of the contract."""
    place = f"{TASK}|properties|id"
    old, new = (edited(place, schema) for schema in SPELLINGS[one])

    changes = [*changes_between(old, new), *changes_between(new, old)]

    assert [change for change in changes if change.is_break] == []
    assert changes


def test_nullable_enum_only_widens() -> None:
    """An enumeration that becomes an alternative with null tells of null alone."""
    old = edited(f"{TASK}|properties|id", {"type": "string", "enum": ["a"]})
    new = edited(f"{TASK}|properties|id", {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}]})

    changes = changes_between(old, new)

    assert [(change.kind, change.worst) for change in changes] == [("type", "breaks-clients")]


def test_alternatives_of_one_type_are_paired() -> None:
    """Of two objects that are alternatives, the one that changed is told."""
    alternatives: list[Node] = [
        {"type": "object", "required": ["kind"], "properties": {"kind": {"const": kind}, "n": {"type": "integer"}}}
        for kind in ("a", "b")
    ]
    other = copy.deepcopy(alternatives)
    other[1]["properties"]["n"] = {"type": "integer", "minimum": 0}
    old, new = (edited(f"{TASK}|properties|id", {"oneOf": each}) for each in (alternatives, other))

    changes = changes_between(old, new)

    assert [(change.kind, change.worst) for change in changes] == [("minimum", "breaks-servers")]


def test_overlapping_one_of_is_not_guessed_at() -> None:
    """Where several alternatives of a oneOf may fit, loosening one may take values away."""
    old = edited(
        f"{TASK}|properties|id", {"oneOf": [{"type": "string", "maxLength": 3}, {"type": "string", "minLength": 3}]}
    )
    new = edited(
        f"{TASK}|properties|id", {"oneOf": [{"type": "string", "maxLength": 4}, {"type": "string", "minLength": 3}]}
    )

    changes = changes_between(old, new)

    assert {each.value for change in changes for each in change.impact} == BOTH


def test_recursive_change_is_told_once() -> None:
    """A change in a schema that contains itself is one change, at the component, with the operations it reaches."""
    new = edited(f"{TASK}|properties|id|minLength", 2)
    new["paths"]["/more"] = {"get": copy.deepcopy(new["paths"]["/tasks/{id}"]["get"])}
    old = copy.deepcopy(DOCUMENT)
    old["paths"]["/more"] = {"get": copy.deepcopy(old["paths"]["/tasks/{id}"]["get"])}
    for document in (old, new):
        document["paths"]["/more"]["get"]["operationId"] = "getMore"

    changes = changes_between(old, new)

    assert [(change.place, change.operations) for change in changes] == [
        ("#/components/schemas/Task/properties/id", ("getTask", "getMore"))
    ]


def test_schema_used_both_ways_breaks_both_sides() -> None:
    """What is sent and answered in one schema breaks clients as a request, and servers as an answer."""
    reference = {"$ref": "#/components/schemas/Task"}
    old = edited(f"{BODY}|content|application/json|schema", reference)
    new = copy.deepcopy(old)
    new["components"]["schemas"]["Task"]["properties"]["id"]["minLength"] = 2

    changes = changes_between(old, new)

    assert [{each.value for each in change.impact} for change in changes] == [BOTH]


def every_place(node: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value in a document."""
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [*([way] if way else []), *(place for key, value in inner for place in every_place(value, (*way, key)))]


def test_no_difference_goes_untold() -> None:
    """Whatever single value is taken out of a document, something is said."""
    silent = []
    for way in every_place(DOCUMENT):
        new = copy.deepcopy(DOCUMENT)
        node: Any = new
        for step in way[:-1]:
            node = node[step]
        del node[way[-1]]
        try:
            found = changes_between(DOCUMENT, new)
        except UsageError:
            # A reference that leads nowhere is told in another way.
            continue
        if not found:
            silent.append(way)

    assert silent == []


@pytest.mark.parametrize("slug", slugs())
def test_own_documents_are_as_they_are(slug: str) -> None:
    """A document is no different from itself, recursion included."""
    content = load_document(slug).content

    assert compare(Version("old", content), Version("new", copy.deepcopy(content))) == []


@pytest.mark.parametrize("slug", slugs())
def test_own_documents_changed_anywhere_are_told(slug: str) -> None:
    """A bound, a list, a member and a statement that go from a document of ours are told."""
    content = load_document(slug).content
    gone = json.loads(json.dumps(content).replace('"minLength": 1', '"minLength": 2').replace('"MUST"', '"SHOULD"'))

    kinds = {change.kind for change in compare(Version("old", content), Version("new", gone))}

    assert {"minLength", "behaviour-level"} <= kinds


# The command.


def written(folder: Path, name: str, document: object) -> str:
    """The path of a document written into a folder."""
    file = folder / name
    file.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return str(file)


def test_command_ends_in_one_on_a_break(retryspec: Callable[..., Said], tmp_path: Path) -> None:
    """A break ends in 1, unless it is allowed; anything less in 0."""
    old = written(tmp_path, "old.json", DOCUMENT)
    broken = written(tmp_path, "broken.json", edited(f"{TASK}|required", []))
    fine = written(tmp_path, "fine.json", edited("info|title", "Other"))

    assert retryspec("diff", old, broken).code == 1
    assert retryspec("diff", old, broken, "--allow-breaking").code == 0
    assert retryspec("diff", old, fine).code == 0
    assert retryspec("diff", old, old).out.endswith("no difference\n")


def test_formats_say_the_same(retryspec: Callable[..., Said], tmp_path: Path) -> None:
    """Text, Markdown and JSON hold every change."""
    old = written(tmp_path, "old.json", DOCUMENT)
    new = written(tmp_path, "new.json", edited(f"{TASK}|properties|id|minLength", 2))

    text, markdown, data = (retryspec("diff", old, new, "--format", name).out for name in ("text", "markdown", "json"))

    sentence = "its minLength was 1 and is 2"
    assert sentence in text
    assert sentence in markdown
    report = json.loads(data)
    assert report["format"] == "retryspec-diff/1"
    assert report["breaks"] is True
    assert report["counts"] == {"breaks-clients": 0, "breaks-servers": 1, "compatible": 0, "editorial": 0}
    assert report["changes"] == [
        {
            "impact": ["breaks-servers"],
            "kind": "minLength",
            "place": "#/components/schemas/Task/properties/id",
            "says": sentence,
            "operations": ["getTask"],
        }
    ]


def test_revision_of_a_repository_is_read(
    retryspec: Callable[..., Said], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An older version comes out of git."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    written(tmp_path, "api.yaml", DOCUMENT)
    who = ("-c", "user.name=n", "-c", "user.email=e@example.org")
    for words in (("init", "-q"), ("add", "api.yaml"), (*who, "commit", "-q", "-m", "First")):
        subprocess.run(["git", *words], check=True)
    written(tmp_path, "api.yaml", edited(f"{TASK}|required", []))

    said = retryspec("diff", "HEAD:api.yaml", "api.yaml")

    assert said.code == 1
    assert "the member `id` is no longer required" in said.out


BAD: dict[str, str] = {
    "no-mapping": "[]",
    "not-openapi": '{"swagger": "2.0"}',
    "older": '{"openapi": "3.0.3", "paths": {}}',
    "broken": '{"openapi": ',
    "broken-yaml": "openapi: 3.1.0\n  x: [",
    "deep": '{"openapi": "3.1.0", "paths": ' + '{"a":' * 5000 + "1" + "}" * 5001,
    "deep-yaml": "openapi: 3.1.0\npaths: " + "[" * 5000 + "]" * 5000,
    "aliases": "openapi: 3.1.0\na0: &a0 [x]\n"
    + "".join(f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 9)}]\n" for n in range(9)),
    "remote": '{"openapi": "3.1.0", "paths": {"/a": {"$ref": "http://127.0.0.1:9/x"}}}',
    "nowhere": '{"openapi": "3.1.0", "paths": {"/a": {"$ref": "#/components/x"}}}',
    "circle": '{"openapi": "3.1.0", "paths": {"/a": {"$ref": "#/paths/~1a"}}}',
    "long-number": '{"openapi": "3.1.0", "x": ' + "9" * 100_000 + "}",
    "paths-list": '{"openapi": "3.1.0", "paths": []}',
}


@pytest.mark.parametrize("name", BAD)
def test_bad_document_is_one_line_and_exit_two(name: str, retryspec: Callable[..., Said], tmp_path: Path) -> None:
    """A document that cannot be compared is a wrong call, said in one line."""
    old, new = written(tmp_path, "old.json", DOCUMENT), written(tmp_path, "bad.yaml", BAD[name])

    said = retryspec("diff", old, new)

    assert (said.code, said.out) == (2, "")
    assert said.err.count("\n") == 1
    assert "bad.yaml" in said.err


@pytest.mark.parametrize("name", ["nothing.yaml", "HEAD:nothing.yaml", "--upload-pack=x:y", "nowhere/\x00:x"])
def test_missing_version_is_a_wrong_call(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is neither a file nor a revision is refused, and never taken as an option of git."""
    monkeypatch.chdir(tmp_path)

    with pytest.raises(UsageError):
        read_version(name)


def document_with(schema: object, **schemas: object) -> Node:
    """The document with one schema in an answer, and further ones beside it."""
    document = edited(f"{TASK}|properties|id", schema)
    document["components"]["schemas"].update(schemas)
    return document


HOSTILE: dict[str, Node] = {
    "itself": document_with({"$ref": "#/components/schemas/A"}, A={"$ref": "#/components/schemas/A"}),
    "all-of-itself": document_with(
        {"$ref": "#/components/schemas/A"}, A={"allOf": [{"$ref": "#/components/schemas/A"}, {"minLength": 1}]}
    ),
    "doubling": document_with(
        {"$ref": "#/components/schemas/A0"},
        **{f"A{n}": {"anyOf": [{"$ref": f"#/components/schemas/A{n + 1}"}] * 9} for n in range(30)},
        A30={"type": "string"},
    ),
    "many-alternatives": document_with({"anyOf": [{"type": "string", "minLength": n} for n in range(5000)]}),
    "products": document_with({"allOf": [{"anyOf": [{"minLength": 100 * k + n} for n in range(9)]} for k in range(9)]}),
    "chain": document_with(
        {"$ref": "#/components/schemas/A0"},
        **{f"A{n}": {"properties": {"x": {"$ref": f"#/components/schemas/A{n + 1}"}}} for n in range(500)},
        A500={"type": "string"},
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_intricate_schema_is_refused_in_time(name: str) -> None:
    """A schema that is made to take for ever is refused, not followed."""
    old = DOCUMENT
    if name == "chain":
        # It shows only where both sides are walked.
        old = copy.deepcopy(HOSTILE[name])
        old["components"]["schemas"]["A500"] = {"type": "integer"}

    with pytest.raises(UsageError):
        compare(Version("old", old), Version("new", HOSTILE[name]))


@pytest.mark.parametrize("junk", [None, [7], {"$ref": 7}], ids=str)
def test_odd_types_are_survived(junk: object) -> None:
    """A value of the wrong type anywhere is compared or refused, and nothing else happens."""
    for way in every_place(DOCUMENT):
        document = copy.deepcopy(DOCUMENT)
        node: Any = document
        for step in way[:-1]:
            node = node[step]
        node[way[-1]] = junk
        try:
            compare(Version("old", DOCUMENT), Version("new", document))
            compare(Version("old", document), Version("new", DOCUMENT))
        except UsageError as error:
            assert str(error)  # noqa: PT017  # either outcome is right


def test_markdown_marks_up_nothing_of_a_document() -> None:
    """A title, a sentence or a name from a document makes no link, image, mention, HTML or escape sequence."""
    evil = "<img src=x> [l](http://e) ![i](y) @all \x1b[31m `x"
    old, new = DOCUMENT, edited(f"{TASK}|properties|{evil.replace('|', '')}", {"type": "string"})
    new["x-behaviours"][0]["says"] = evil

    changes = changes_between(old, new)
    shown = as_markdown(changes, evil, "new")

    plain = "".join(part for index, part in enumerate(shown.split("`")) if not index % 2)
    for mark in ("<img", "[l]", "![i]", "@all"):
        assert mark not in plain.replace("\\[", "").replace("\\]", ""), plain
    assert "\x1b" not in shown + as_text(changes, evil, "new")
    assert json.loads(as_json(changes, evil, "new"))["old"] == evil
