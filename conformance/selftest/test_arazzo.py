"""The Arazzo documents follow the OpenAPI documents beside them, and the lint says where one does not."""

from pathlib import Path

import pytest
import yaml
from retryspec.document_lints import lint
from retryspec.documents import load_document, slugs
from retryspec.reference.apis import server_of

OPENAPI = Path(__file__).parents[2] / "openapi"

DOCUMENT = """\
openapi: 3.1.1
info: {title: Jobs, version: '1'}
paths:
  /jobs/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get:
      operationId: getJob
      responses:
        '200':
          description: It.
          content: {application/json: {schema: {type: object, properties: {status: {type: string}}}}}
    put:
      operationId: retryJob
      requestBody: {required: true, content: {application/json: {schema: {type: object}}}}
      responses: {'200': {description: It runs.}}
"""

GOOD = """\
arazzo: 1.0.1
info:
  title: Retry
  version: 1.0.0
sourceDescriptions:
  - name: jobs
    url: jobs.yaml
    type: openapi
workflows:
  - workflowId: retry
    inputs:
      type: object
      properties:
        id:
          type: string
    steps:
      - stepId: look
        operationId: getJob
        parameters:
          - name: id
            in: path
            value: $inputs.id
        successCriteria:
          - condition: $statusCode == 200
          - context: $response.body#/status
            type: regex
            condition: ^FAILED$
        outputs:
          status: $response.body#/status
      - stepId: retry
        operationId: retryJob
        parameters:
          - name: id
            in: path
            value: $inputs.id
        requestBody:
          contentType: application/json
          payload:
            was: the {$steps.look.outputs.status} one
    outputs:
      status: $steps.look.outputs.status
"""

PARAMETERS = """\
        parameters:
          - name: id
            in: path
            value: $inputs.id
"""
BODY = """\
        requestBody:
          contentType: application/json
          payload:
            was: the {$steps.look.outputs.status} one
"""

FAULTS = {
    "document": ("url: jobs.yaml", "url: tasks.yaml", "cannot be read"),
    "operation": ("operationId: retryJob", "operationId: retryJobs", "no document has"),
    "parameter": ("name: id\n            in: path", "name: id\n            in: query", "no query parameter `id`"),
    "parameter-open": (f"{PARAMETERS}        requestBody", "        requestBody", "left open"),
    "body-left-out": (BODY, "", "is left out"),
    "body-not-taken": (
        "        successCriteria",
        "        requestBody:\n          payload: {}\n        successCriteria",
        "takes no body",
    ),
    "input": ("value: $inputs.id", "value: $inputs.ids", "no such input"),
    "step": ("the {$steps.look.outputs", "the {$steps.watch.outputs", "no such step"),
    "step-later": ("the {$steps.look.outputs", "the {$steps.retry.outputs", "no such step"),
    "output": ("the {$steps.look.outputs.status}", "the {$steps.look.outputs.state}", "no such output"),
    "workflow-output": ("      status: $steps.look", "      status: $steps.lock", "no such step"),
    "pointer": ("status: $response.body#/status", "status: $response.body#/state", "points at nothing"),
    "expression": ("$statusCode ==", "$status ==", "no runtime expression"),
    "step-twice": ("stepId: retry", "stepId: look", "stands twice"),
}  # fmt: skip


def written(folder: Path, text: str) -> Path:
    """The path of an Arazzo document beside the OpenAPI document that it speaks of."""
    (folder / "jobs.yaml").write_text(DOCUMENT, encoding="utf-8")
    file = folder / "jobs.arazzo.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_good_document_has_no_finding(tmp_path: Path) -> None:
    """The document that the faults below are planted in is clean."""
    assert lint(written(tmp_path, GOOD)) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_is_found(fault: str, tmp_path: Path) -> None:
    """A planted fault is found, and said where it is."""
    good, bad, message = FAULTS[fault]
    assert good in GOOD

    findings = lint(written(tmp_path, GOOD.replace(good, bad, 1)))

    assert any(message in finding.message for finding in findings), findings
    assert {finding.rule for finding in findings} == {"arazzo"}


@pytest.mark.parametrize("slug", slugs())
def test_own_document_has_no_finding(slug: str) -> None:
    """The Arazzo document of each API is there and clean."""
    assert lint(OPENAPI / f"{slug}.arazzo.yaml") == []


@pytest.mark.parametrize("slug", slugs())
def test_own_document_tells_of_the_whole_way(slug: str) -> None:
    """Each calls the retry twice, and looks at the task before, between and after."""
    document = yaml.safe_load((OPENAPI / f"{slug}.arazzo.yaml").read_text(encoding="utf-8"))
    operations = load_document(slug).operations

    for workflow in document["workflows"]:
        called = [step["operationId"] for step in workflow["steps"]]
        retries = [place for place, name in enumerate(called) if name.startswith("retry")]
        assert len(retries) == 2
        assert retries[0] > 0
        assert retries[1] < len(called) - 1
        assert {operations[called[place]].method for place in retries} <= {"PUT", "PATCH"}
        assert workflow["steps"][-1]["onFailure"][0]["type"] == "retry"


@pytest.mark.parametrize("slug", slugs())
def test_inputs_are_what_a_target_and_a_state_give(slug: str) -> None:
    """What `make arazzo` has to hand over is in the target of the reference server or in the answer of its state."""
    document = yaml.safe_load((OPENAPI / f"{slug}.arazzo.yaml").read_text(encoding="utf-8"))
    target = {key.replace("_", "").lower() for key in server_of(slug).target("http://127.0.0.1:1")}

    for workflow in document["workflows"]:
        if "x-provider-state" in workflow:
            wanted = {name.lower() for name in workflow["inputs"]["required"]}
            assert wanted - target <= {"groupid"}
            assert set(workflow["x-provider-state"]) == {"state", "params"}
