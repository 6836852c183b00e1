"""The lints of the documents: each finds its fault and nothing else, and our own documents have none."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from openapi_spec_validator import validate
from retryspec.document_lints import lint, main
from retryspec.errors import UsageError

DOCUMENTS = [
    path for path in sorted((Path(__file__).parents[2] / "openapi").glob("*.yaml")) if not path.stem.endswith(".arazzo")
]

GOOD = """\
openapi: 3.1.1
info:
  title: Jobs
  version: '1'
  x-source:
    - document: seed 9
      title: The jobs page
security:
  - Key: []
x-behaviours:
  - id: JOB-COMMON-01
    level: MUST
    says: Every answer of version 0.6.0 is JSON.
    source: seed 9, Answers
paths:
  /jobs/{id}:
    get:
      operationId: getJob
      parameters:
        - name: id
          in: path
          required: true
          schema:
            type: string
          example: j-1
      responses:
        '200':
          description: The job.
          links:
            again:
              operationId: getJob
              parameters:
                id: $response.body#/id
          content:
            application/json:
              schema:
                $ref: '#/components/schemas/Job'
              example:
                id: j-1
                ended: '2026-01-01T00:00:00Z'
        '404':
          description: There is no such job.
          content:
            application/json:
              schema:
                $ref: '#/components/schemas/NotFoundError'
              examples:
                JobNotFound:
                  value:
                    errorCode: JobNotFound
      x-behaviours:
        - id: JOB-GET-01
          level: SHOULD
          says: The answer is the job.
          source: seed 9, Get
          decision: [A-01]
  /jobs/{id}/retry:
    put:
      operationId: retryJob
      parameters:
        - name: id
          in: path
          required: true
          schema:
            type: string
          example: j-1
      requestBody:
        content:
          application/json:
            schema:
              type: array
              items:
                type: string
            example: [all]
      responses:
        '200':
          description: It runs again.
          headers:
            x-request-id:
              schema:
                type: string
              example: r-1
components:
  schemas:
    Job:
      type: object
      required: [id]
      properties:
        id:
          type: string
          x-source: the newer page
        x-note:
          type: string
        ended:
          type: string
          format: date-time
    Error:
      type: object
      required: [errorCode]
      properties:
        errorCode:
          type: string
    NotFoundError:
      allOf:
        - $ref: '#/components/schemas/Error'
        - type: object
          properties:
            errorCode:
              $ref: '#/components/schemas/NotFoundErrorCode'
    NotFoundErrorCode:
      type: string
      enum: [JobNotFound]
  securitySchemes:
    Key:
      type: apiKey
      in: header
      name: Authorization
"""
DECISIONS = "# Decisions\n\n### A-01: The job\nSource: one.\n"

TOUCH = """\
    patch:
      operationId: touchJob
      responses:
        '200':
          description: It is touched.
"""

# Rule, what stands in the good document, what stands there instead, and a part of the message.
FAULTS = [
    pytest.param("order", "  /jobs/{id}:\n", "  /jobs/{id}:\n" + TOUCH, "`get` comes before `patch`", id="methods"),
    pytest.param("duplicate-key", "  version: '1'\n", "  version: '1'\n  version: '2'\n", "`version`", id="twice"),
    pytest.param("quoted-status", "        '404':", "        404:", "'404'", id="number-as-status"),
    pytest.param("quoted-time", "'2026-01-01T00:00:00Z'", "2026-01-01T00:00:00Z", "as a string", id="bare-time"),
    pytest.param("local-references", "'#/components/schemas/Job'", "other.yaml#/Job", "out of", id="foreign"),
    pytest.param(
        "local-references", "'#/components/schemas/Job'", "'#/components/schemas/Jab'", "nowhere", id="broken"
    ),
    pytest.param("order", "openapi: 3.1.1\n", "tags: []\nopenapi: 3.1.1\n", "`openapi`", id="top-level"),
    pytest.param("version", "openapi: 3.1.1", "openapi: 3.0.3", "3.1", id="older-openapi"),
    pytest.param("version", "security:\n", "jsonSchemaDialect: https://x.test\nsecurity:\n", "proxy", id="dialect"),
    pytest.param("names", "operationId: retryJob", "operationId: retry_job", "retry_job", id="snake-case-operation"),
    pytest.param("names", "operationId: retryJob", "operationId: getJob", "twice", id="same-operation"),
    pytest.param(
        "schema-keyword", "          format: date-time", "          nullable: true", "nullable", id="nullable"
    ),
    pytest.param("schema-keyword", "          format: date-time", "          example: x", "example", id="example"),
    pytest.param(
        "schema-keyword",
        "              type: array\n",
        "              type: array\n              uniqueItems: true\n",
        "set",
        id="unique-items",
    ),
    pytest.param("vacuous-schema", "      required: [id]\n", "", "{}", id="nothing-required"),
    pytest.param(
        "vacuous-schema", "              type: array\n", "              type: [array, string]\n", "several", id="types"
    ),
    pytest.param("vacuous-schema", "              items:\n                type: string\n", "", "items", id="no-items"),
    pytest.param(
        "vacuous-schema", "        x-note:\n          type: string\n", "        x-note: {}\n", "no type", id="no-type"
    ),
    pytest.param("example", "            example: [all]\n", "", "media has no example", id="body-without"),
    pytest.param("example", "              example: r-1\n", "", "header has no example", id="header-without"),
    pytest.param("example", "            example: [all]", "            example: all", "array", id="wrong-type"),
    pytest.param("example", "ended: '2026-01-01T00:00:00Z'", "ended: soon", "date-time", id="wrong-format"),
    pytest.param("example", "          format: date-time", "          default: 3", "string", id="wrong-default"),
    pytest.param(
        "example", "          format: date-time", "          examples: [3]", "string", id="wrong-schema-example"
    ),
    pytest.param(
        "error-codes", "enum: [JobNotFound]", "enum: [JobNotFound, NoJob]", "NoJob", id="code-without-example"
    ),
    pytest.param("error-codes", "      enum: [JobNotFound]\n", "", "404", id="no-enum"),
    pytest.param("extension", "  version: '1'\n", "  version: '1'\n  x-logo: x\n", "x-logo", id="unknown-field"),
    pytest.param("extension", "          x-source: the", "          x-behaviours: the", "schema", id="wrong-place"),
    pytest.param("extension", "x-source: the newer page", "x-source: ''", "empty", id="empty-source"),
    pytest.param("behaviour", "id: JOB-GET-01", "id: JOB-COMMON-01", "twice", id="same-id"),
    pytest.param("behaviour", "id: JOB-GET-01", "id: JAB-GET-01", "JOB-", id="other-prefix"),
    pytest.param("behaviour", "level: SHOULD", "level: OUGHT", "MUST", id="unknown-level"),
    pytest.param("behaviour", "says: The answer is the job.", "says: The answer is the job", "sentence", id="no-stop"),
    pytest.param("behaviour", "says: The answer is the job.", "says: It is. It has to be.", "sentence", id="two"),
    pytest.param("behaviour", "          source: seed 9, Get\n", "", "source", id="no-source"),
    pytest.param("behaviour", "decision: [A-01]", "decision: A-02", "A-02", id="no-such-decision"),
    pytest.param("behaviour", "decision: [A-01]", "because: A-01", "because", id="unknown-member"),
    pytest.param("behaviour", "decision: [A-01]", "unobservable: ''", "unobservable", id="no-reason"),
    pytest.param("default-response", "        '404':", "        default:", "every status", id="default"),
    pytest.param(
        "link",
        "operationId: getJob\n              parameters:",
        "operationId: get\n              parameters:",
        "`get`",
        id="link-to-nowhere",
    ),
    pytest.param(
        "link",
        "                id: $response",
        "                job: $response",
        "no parameter `job`",
        id="link-parameter",
    ),
    pytest.param("link", "id: $response.body#/id", "id: $response.body#/ide", "points at nothing", id="link-pointer"),
    pytest.param("link", "id: $response.body#/id", "id: $response.bdy#/id", "no runtime", id="link-expression"),
    pytest.param("link", "id: $response.body#/id", "id: $request.path.job", "no such parameter", id="link-request"),
    pytest.param("link", "id: $response.body#/id", "id: $response.header.x-id", "no such header", id="link-header"),
    pytest.param("link", "                id: $response.body#/id", "                {}", "open", id="link-left-open"),
    pytest.param("unused-component", "  - Key: []", "  - {}", "Key", id="unused-scheme"),
]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a document with its decisions and says where."""

    def write_document(text: str, decisions: str = DECISIONS) -> Path:
        path = tmp_path / "jobs.yaml"
        path.write_text(text, encoding="utf-8")
        path.with_suffix(".md").write_text(decisions, encoding="utf-8")
        return path

    return write_document


def test_good_document_has_no_finding(write: Callable[..., Path]) -> None:
    """The document that the faults below are planted in is clean."""
    assert lint(write(GOOD)) == []
    assert lint(write(GOOD.replace("JOB-GET-01", "JOB-GET-STATUS-01"))) == []


@pytest.mark.parametrize(("rule", "good", "bad", "message"), FAULTS)
def test_fault_trips_its_rule_alone(write: Callable[..., Path], rule: str, good: str, bad: str, message: str) -> None:
    """A planted fault is found by its rule, and by no other."""
    assert good in GOOD

    findings = lint(write(GOOD.replace(good, bad, 1)))

    assert {finding.rule for finding in findings} == {rule}
    assert any(message in finding.message for finding in findings)


def test_empty_body_may_be_allowed_in_words(write: Callable[..., Path]) -> None:
    """A schema that says `minProperties: 0` may allow an empty object."""
    assert lint(write(GOOD.replace("      required: [id]\n", "      minProperties: 0\n", 1))) == []


def test_error_codes_may_be_open(write: Callable[..., Path]) -> None:
    """An error code without a list of values is one of which the sources name none, and it shows examples."""
    listed = GOOD[GOOD.index("    NotFoundError:\n") : GOOD.index("  securitySchemes:\n")]
    code = "        errorCode:\n          type: string\n"
    text = GOOD.replace(listed, "").replace("schemas/NotFoundError'", "schemas/Error'")

    findings = lint(write(text.replace(code, f"{code}          examples: [JobNotFound]\n")))

    assert findings == []
    assert {finding.rule for finding in lint(write(text))} == {"error-codes"}


def test_path_below_comes_after(write: Callable[..., Path]) -> None:
    """A path that comes before the one above it is found."""
    start, look, retry = GOOD.partition("  /jobs/{id}:\n")
    look_item, retry_name, rest = retry.partition("  /jobs/{id}/retry:\n")
    retry_item, components, end = rest.partition("components:\n")

    findings = lint(write(start + retry_name + retry_item + look + look_item + components + end))

    assert [finding.rule for finding in findings] == ["order"]


def test_unused_schema_is_found(write: Callable[..., Path]) -> None:
    """A schema that only another unused one refers to is unused as well."""
    unused = """\
    Outer:
      type: array
      items:
        $ref: '#/components/schemas/Inner'
    Inner:
      type: string
  securitySchemes:
"""

    findings = lint(write(GOOD.replace("  securitySchemes:\n", unused)))

    assert [(finding.rule, finding.message) for finding in findings] == [
        ("unused-component", "nothing uses schemas/Outer"),
        ("unused-component", "nothing uses schemas/Inner"),
    ]


def test_repeated_decision_is_found(write: Callable[..., Path]) -> None:
    """Two headings with one id are found."""
    findings = lint(write(GOOD, DECISIONS + "\n### A-01: Again\n"))

    assert [finding.rule for finding in findings] == ["decision"]


def test_schema_names_are_pascal_case(write: Callable[..., Path]) -> None:
    """A schema that begins in lower case is found."""
    findings = lint(write(GOOD.replace("schemas/Job'", "schemas/job'").replace("    Job:\n", "    job:\n")))

    assert [finding.rule for finding in findings] == ["names"]


def test_finding_names_the_line(write: Callable[..., Path]) -> None:
    """A finding stands at the line that it is about."""
    path = write(GOOD.replace("operationId: getJob", "operationId: get_job"))

    (finding,) = lint(path)

    assert path.read_text(encoding="utf-8").splitlines()[finding.line - 1].strip() == "operationId: get_job"
    assert str(finding).startswith(f"{path}:{finding.line}: names: ")


@pytest.mark.parametrize("text", ["a: [", "- a list", "", "\x00"], ids=["broken", "list", "empty", "control-character"])
def test_unreadable_document_is_one_line(write: Callable[..., Path], text: str) -> None:
    """What is no document ends in one line that names the file."""
    path = write(text)

    with pytest.raises(UsageError) as raised:
        lint(path)

    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_exit_code_tells_the_outcome(write: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    """The command ends in 0 without a finding, in 1 with one, and in 2 when it cannot look."""
    assert main([str(write(GOOD))]) == 0
    assert main([str(write(GOOD.replace("level: MUST", "level: must")))]) == 1
    assert main([]) == 2
    assert main(["absent.yaml"]) == 2

    printed = capsys.readouterr()
    assert printed.out.count("\n") == 1
    assert "usage" in printed.err
    assert "absent.yaml" in printed.err


def test_module_runs_from_the_command_line(write: Callable[..., Path]) -> None:
    """`python -m retryspec.document_lints` is the command."""
    path = write(GOOD.replace("level: MUST", "level: must"))

    run = subprocess.run(
        [sys.executable, "-m", "retryspec.document_lints", str(path)], capture_output=True, text=True, check=False
    )

    assert run.returncode == 1
    assert run.stdout.startswith(f"{path}:")


def test_there_are_documents() -> None:
    """The two tests below are about something."""
    assert DOCUMENTS


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_our_document_has_no_finding(path: Path) -> None:
    """Each of our documents keeps the house rules."""
    assert [str(finding) for finding in lint(path)] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_our_document_is_valid_openapi(path: Path) -> None:
    """Each of our documents is OpenAPI 3.1 by the judgement of openapi-spec-validator."""
    validate(yaml.safe_load(path.read_text(encoding="utf-8")))
