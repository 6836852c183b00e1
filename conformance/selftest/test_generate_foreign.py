"""Stubs of a document unlike SLS: recursion, lists, optional bodies, two successes, a prefix, schemas in place."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from retryspec.generate import run
from starlette.applications import Starlette
from starlette.responses import Response

DOCUMENT = """
openapi: 3.1.0
info: {title: 'Tasks of "somebody else"', version: "1"}
servers: [{url: "https://{host}/v1", variables: {host: {default: localhost}}}]
paths:
  /tasks/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get:
      operationId: getTask
      responses:
        "200": {description: It., content: {application/json: {schema: {$ref: "#/components/schemas/Task"}}}}
        "401": {description: No.}
        "404": {description: No., content: {application/json: {schema: {$ref: "#/components/schemas/Error"}}}}
    patch:
      operationId: retryTask
      responses: {"200": {description: Again.}}
  /tasks/mine:
    get: {operationId: finish, responses: {"204": {description: None.}}}
  /tasks:
    get:
      operationId: getTasks
      parameters:
        - {name: taskStatus, in: query, schema: {type: string, enum: [Failed, "In Progress"]}}
        - {name: limit, in: query, schema: {type: integer, format: int32, exclusiveMinimum: 0}}
        - {name: ratio, in: query, schema: {type: number, minimum: 0.5, default: 1.5}}
        - {name: doLiveRefresh, in: query, schema: {type: boolean, default: false}}
        - {name: ids, in: query, schema: {type: array, items: {type: string, pattern: "^[a-z]+$"}}}
        - {name: kinds, in: query, explode: false, schema: {type: array, items: {$ref: "#/components/schemas/Kind"}}}
      responses:
        "200":
          description: They.
          content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Task"}}}}
  /tokens:
    post:
      operationId: createToken
      requestBody:
        content: {application/json: {schema: {type: object, required: [user], properties: {user: {type: string}}}}}
      responses:
        "201": {description: One., content: {application/json: {schema: {$ref: "#/components/schemas/Token"}}}}
        "200": {description: One., content: {application/json: {schema: {$ref: "#/components/schemas/Token"}}}}
components:
  schemas:
    Kind: {type: string, enum: [A, B]}
    Token: {type: object, required: [accessToken], properties: {accessToken: {type: string}}}
    Task:
      type: object
      required: [id]
      properties:
        id: {type: string}
        endedAt: {type: [string, "null"]}
        subTasks: {type: array, items: {$ref: "#/components/schemas/Task"}}
    Error: {type: object, required: [message], properties: {message: {type: string}}}
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The package of the document, imported like anybody's."""
    folder = tmp_path_factory.mktemp("foreign")
    document = folder / "foreign-tasks.yaml"
    document.write_text(DOCUMENT)
    run(folder, [document])
    sys.path.insert(0, str(folder))
    yield importlib.import_module("foreign_tasks")
    sys.path.remove(str(folder))


@pytest.fixture(scope="module")
def stubs(package: ModuleType) -> Any:
    """The stubs of the document."""
    return importlib.import_module("foreign_tasks.stubs")


class Tasks:
    """A server of the document that notes what it was asked."""

    def __init__(self, package: Any, stubs: Any) -> None:
        self.package = package
        self.stubs = stubs
        self.said: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        def operation(call: object, **given: object) -> object:
            self.said.append((name, given))
            return self.answer(name, given)

        return operation

    def answer(self, name: str, given: Any) -> object:
        """What the operations have in common: one task inside another."""
        task = self.package.Task(id="outer", ended_at=None, sub_tasks=[self.package.Task(id="inner")])
        if name == "get_task" and given["id_"] == "unknown":
            raise self.stubs.Refusal(404, self.package.Error(message="There is none."))
        if name == "get_task" and given["id_"] == "secret":
            raise self.stubs.Refusal(401, None, {"WWW-Authenticate": "Bearer"})
        answers = {
            "get_task": task,
            "get_tasks": self.package.GetTasksAnswer200([task]),
            "create_token": self.package.Token(access_token="t"),
        }
        return answers.get(name)

    def admit(self, call: object) -> None:
        """Everybody."""

    def invalid(self, call: object, problem: Any) -> Any:
        """400 with the parameter's name and the reason."""
        return self.stubs.Refusal(400, self.package.Error(message=f"{problem.name} {problem.reason}"))

    def method_not_allowed(self, call: object, allow: object) -> Any:
        """405 without a body."""
        return self.stubs.Refusal(405)

    def failed(self, call: object, error: Exception) -> Any:
        """The error, for the test to see."""
        raise error

    def finish(self, call: object, response: Response) -> Response:
        """The same."""
        return response


@pytest.fixture
def tasks(package: ModuleType, stubs: Any) -> Tasks:
    """A server with nothing noted."""
    return Tasks(package, stubs)


def exchange(server: Tasks, method: str, path: str, **options: Any) -> httpx.Response:
    """One exchange with a server in this process."""
    import asyncio

    async def once() -> httpx.Response:
        transport = httpx.ASGITransport(Starlette(routes=server.stubs.routes(server)))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.request(method, path, **options)

    return asyncio.run(once())


def client_of(server: Tasks) -> Any:
    """A client stub whose exchanges go to a server in this process."""

    def handler(request: httpx.Request) -> httpx.Response:
        response = exchange(
            server, request.method, request.url.raw_path.decode(), content=request.read(), headers=request.headers
        )
        return httpx.Response(response.status_code, content=response.content, headers=response.headers)

    return server.stubs.Client(httpx.Client(base_url="http://localhost/v1", transport=httpx.MockTransport(handler)))


def test_recursive_models_make_the_round_trip(tasks: Tasks) -> None:
    """A task in a task arrives, absent and null members kept apart."""
    task = client_of(tasks).get_task(id_="a/b")

    assert tasks.said == [("get_task", {"id_": "a/b"})]
    assert task.model_dump_json(by_alias=True) == '{"id":"outer","endedAt":null,"subTasks":[{"id":"inner"}]}'


def test_query_parameters_of_every_kind_make_the_round_trip(package: Any, tasks: Tasks) -> None:
    """Enumerations, numbers, booleans and both kinds of lists arrive as they were given."""
    given = {
        "task_status": package.GetTasksTaskStatus("In Progress"),
        "limit": 5,
        "ratio": 0.5,
        "do_live_refresh": True,
        "ids": ["a", "b"],
        "kinds": [package.Kind("A"), package.Kind("B")],
    }

    client_of(tasks).get_tasks(**given)
    client_of(tasks).get_tasks()

    absent = {"task_status": None, "limit": None, "ratio": 1.5, "do_live_refresh": False, "ids": None, "kinds": None}
    assert tasks.said == [("get_tasks", given), ("get_tasks", absent)]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("limit=0", "limit out_of_range"),
        ("limit=2147483648", "limit out_of_range"),
        ("ratio=0.4", "ratio out_of_range"),
        ("ratio=nan", "ratio malformed"),
        ("ratio=1e999", "ratio out_of_range"),
        ("doLiveRefresh=True", "doLiveRefresh malformed"),
        ("ids=a&ids=B", "ids malformed"),
        ("kinds=A,C", "kinds not_allowed"),
        ("taskStatus=", "taskStatus not_allowed"),
    ],
)
def test_parameters_are_held_to_their_schemas(tasks: Tasks, query: str, message: str) -> None:
    """What a parameter's schema refuses is a problem of that parameter."""
    response = exchange(tasks, "GET", f"/v1/tasks?{query}")

    assert (response.status_code, response.json()) == (400, {"message": message})


def test_optional_body_may_be_absent(package: Any, tasks: Tasks) -> None:
    """An optional body is None when it is not sent; either documented status is a success."""
    client_of(tasks).create_token()
    client_of(tasks).create_token(body=package.CreateTokenBody(user="me"))

    assert tasks.said == [
        ("create_token", {"body": None}),
        ("create_token", {"body": package.CreateTokenBody(user="me")}),
    ]
    assert exchange(tasks, "POST", "/v1/tokens").status_code == 201


def test_concrete_path_comes_first(tasks: Tasks) -> None:
    """A path without a parameter wins over one with it, and a name that a hook has gives way."""
    client_of(tasks).finish_()

    response = exchange(tasks, "GET", "/v1/tasks/mine")
    assert (response.status_code, response.content) == (204, b"")
    assert [name for name, _ in tasks.said] == ["finish_", "finish_"]


def test_errors_with_and_without_body_are_documented(stubs: Any, package: Any, tasks: Tasks) -> None:
    """A documented error has the body of its status, or none where none is documented."""
    with pytest.raises(stubs.GetTaskError) as unknown:
        client_of(tasks).get_task(id_="unknown")
    with pytest.raises(stubs.GetTaskError) as secret:
        client_of(tasks).get_task(id_="secret")

    assert unknown.value.error == package.Error(message="There is none.")
    assert (secret.value.status, secret.value.error) == (401, None)
    assert secret.value.response.headers["www-authenticate"] == "Bearer"


def test_package_needs_nothing_of_retryspec(package: ModuleType) -> None:
    """No module of the package imports retryspec or its models."""
    folder = Path(str(package.__file__)).parent

    assert [path.name for path in folder.glob("*.py") if "import retryspec" in path.read_text()] == []
    assert [path.name for path in folder.glob("*.py") if "from retryspec" in path.read_text()] == []
