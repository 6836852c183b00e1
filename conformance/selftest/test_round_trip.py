"""The reference server's live answers, the documents and the models agree: a suite run is read again."""

import importlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pydantic
import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from retryspec.documents import Document, Operation, load_document, slugs
from retryspec.generate.contract import read_contract
from retryspec.generate.source import make_source
from retryspec.reference.apis import server_of
from retryspec.reference.app import application
from retryspec.reference.serve import running
from retryspec.reference.states import PATH
from retryspec.runner import Plan, run
from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer that went over the wire."""

    method: str
    path: str
    status: int
    body: bytes


@dataclass(slots=True)
class Recorder:
    """An application that keeps what the application inside answers."""

    inside: ASGIApp
    answers: list[Answer] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the application inside answer, and keep the answer."""
        status, body = 0, b""

        async def keep(message: Message) -> None:
            nonlocal status, body
            status = message.get("status", status)
            body += message.get("body", b"")
            await send(message)

        await self.inside(scope, receive, keep)
        if scope["type"] == "http":
            self.answers.append(Answer(scope["method"], scope["path"], status, body))


@pytest.fixture(scope="module", params=slugs())
def seen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Document, list[Answer]]:
    """A document, and every answer of a quick run of its suite on the reference server."""
    slug: str = request.param
    recorder = Recorder(application([slug], provider_states=True))
    with running(recorder) as base_url:
        table = {**server_of(slug).target(base_url), "states_url": base_url + PATH}
        file: Path = tmp_path_factory.mktemp("target") / "target.toml"
        lines = [f"[{slug}]", *(f"{name} = {json.dumps(value)}" for name, value in table.items())]
        file.write_text("\n".join(lines), encoding="utf-8")
        report = run(Plan(target=file, depth="quick", settle=0.5))
    assert report.exit_code == 0
    return load_document(slug), recorder.answers


def operation_of(document: Document, answer: Answer) -> Operation | None:
    """The operation that an answer is one of; None for a path or method that the document does not have."""
    prefix = re.sub(r"^[^/]*//[^/]*", "", document.content["servers"][0]["url"]).rstrip("/")
    for operation in document.operations.values():
        pattern = re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(prefix + operation.path))
        if answer.method == operation.method and re.fullmatch(pattern, answer.path):
            return operation
    return None


def answers_with_bodies(document: Document, answers: list[Answer]) -> Iterator[tuple[str, int, Any]]:
    """Operation, status and body of every answer that an operation of the document gave, each once."""
    found: dict[tuple[str, int, bytes], Any] = {}
    for answer in answers:
        operation = operation_of(document, answer)
        if operation is not None and 200 <= answer.status < 500 and answer.body:
            body = json.loads(answer.body)
            # What an envelope is around is left open where it is an error or nothing at all (opsmanager R-09, A06).
            bare = operation.answers[answer.status].schema_pointer is None
            if isinstance(body, dict) and body.keys() == {"status", "content"} and (bare or answer.status >= 400):
                body = body["content"]
            if body is not None:
                found[operation.id, answer.status, answer.body] = body
    for (name, status, _), body in found.items():
        yield name, status, body


def models_by_answer(document: Document) -> Mapping[tuple[str, int], Any]:
    """The model of each documented answer."""
    slug = document.slug
    package = importlib.import_module(f"retryspec_models.{slug}")
    contract = read_contract(make_source(slug, slug, document.content))
    found: dict[tuple[str, int], str | None] = {}
    for operation in contract.operations:
        found |= {(operation.id, error.status): error.schema for error in operation.errors}
        found |= {(operation.id, status): operation.answer for status in operation.statuses}
    return {key: getattr(package, name) for key, name in found.items() if name is not None}


def test_every_answer_fits_its_schema(seen: tuple[Document, list[Answer]]) -> None:
    """Every body of a success or a refusal is documented, and is what jsonschema takes for one of its schema."""
    document, answers = seen
    resource = Resource.from_contents(document.content, default_specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resource("urn:document", resource)
    tried: Counter[tuple[str, int]] = Counter()

    for name, status, body in answers_with_bodies(document, answers):
        documented = document.operations[name].answers[status]
        assert documented.schema_pointer is not None, (name, status, body)
        schema = {"$ref": f"urn:document{documented.schema_pointer.replace('{', '%7B').replace('}', '%7D')}"}
        validator = Draft202012Validator(schema, registry=registry, format_checker=Draft202012Validator.FORMAT_CHECKER)
        validator.validate(body)
        tried[name, status] += 1

    with_bodies = {
        name for name, one in document.operations.items() if any(a.schema_pointer for a in one.answers.values())
    }
    assert {name for name, _ in tried} == with_bodies
    assert {status // 100 for _, status in tried} == {2, 4}


def test_every_answer_survives_its_model(seen: tuple[Document, list[Answer]]) -> None:
    """Every such body is read by the model of its answer, and written again as the same JSON."""
    document, answers = seen
    models = models_by_answer(document)
    tried = 0

    for name, status, body in answers_with_bodies(document, answers):
        adapter = pydantic.TypeAdapter(models[name, status])
        read = adapter.validate_json(json.dumps(body), by_alias=True, by_name=False)
        assert json.loads(adapter.dump_json(read, by_alias=True)) == body
        tried += 1

    assert tried > 10
