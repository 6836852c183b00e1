"""The models refuse what their document refuses, and need pydantic alone."""

import copy
import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pydantic
import pytest
from jsonschema import Draft202012Validator
from retryspec_models import sls

DOCUMENT = json.loads((files("retryspec_models") / "sls" / "openapi.json").read_text(encoding="utf-8"))

TASK = {
    "id": "t-1",
    "taskStatus": "fail",
    "taskMessage": "disk full",
    "taskCreateTime": 1448925013,
    "taskLastDataReceiveTime": 1448915013,
    "taskFinishTime": 1448926013,
}
PAGE = {
    "count": 1,
    "total": 20,
    "statistics": {"running": 0, "success": 19, "fail": 1},
    "tasks": [{**TASK, "taskCode": "UnAuthorized", "taskDataLines": 3}],
}
GOOD: dict[str, object] = {
    "ShipperTaskPage": PAGE,
    "RetryTaskIds": ["t-1", "t-2", "t-2"],
    "Error": {"errorCode": "ParameterInvalid", "errorMessage": "status only contains success/running/fail"},
    "GetShipperStatusError400": {"errorCode": "ParameterInvalid", "errorMessage": "x"},
}
OTHERS: list[Any] = [None, True, 0, -1, 7, 1.5, 2**70, "", "x", "5", "running", [], ["x"], [1], {}, {"a": 1}]
OTHERS += [["x"] * 10, ["x"] * 11]


def variants(value: object) -> Iterator[Any]:
    """A value with one place in it replaced by something else, left out, or joined by an unknown member."""
    yield from OTHERS
    if isinstance(value, dict):
        yield {**value, "unknown": 1}
        for name in value:
            yield {other: value[other] for other in value if other != name}
            for replaced in variants(value[name]):
                yield {**value, name: replaced}
    if isinstance(value, list) and value:
        for replaced in variants(value[0]):
            yield [replaced, *value[1:]]


@pytest.mark.parametrize("name", GOOD)
def test_model_agrees_with_its_schema(name: str) -> None:
    """Whatever one place of an example is replaced by, the model and the schema give the same verdict."""
    model: type[pydantic.BaseModel] = getattr(sls, name)
    reference = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    schema = Draft202012Validator(reference)
    model.model_validate_json(json.dumps(GOOD[name]))

    tried = 0
    for variant in variants(copy.deepcopy(GOOD[name])):
        tried += 1
        try:
            model.model_validate_json(json.dumps(variant), by_alias=True, by_name=False)
            accepted = True
        except pydantic.ValidationError:
            accepted = False
        assert accepted == schema.is_valid(variant), variant

    assert tried > len(OTHERS)


def test_absent_member_is_not_written() -> None:
    """An optional member that was never given is absent from the JSON, and one that is not optional has to be given."""
    task = sls.ShipperTask.model_validate_json(json.dumps(TASK))

    assert task.task_code is pydantic.MISSING
    assert json.loads(task.model_dump_json(by_alias=True)) == TASK
    with pytest.raises(pydantic.ValidationError):
        sls.ShipperTask(id="t-1")  # type: ignore[call-arg]


def test_models_and_stubs_need_pydantic_alone() -> None:
    """Neither Starlette, httpx nor retryspec itself is imported by the models, nor by importing the stubs."""
    program = """
import sys
for name in ("httpx", "starlette", "anyio", "jinja2", "yaml", "datamodel_code_generator", "retryspec"):
    sys.modules[name] = None
import retryspec_models.sls
import retryspec_models.sls.stubs
print(retryspec_models.sls.TaskStatus.fail)
"""

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (done.stdout, done.stderr) == ("fail\n", "")
