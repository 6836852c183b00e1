"""Property tests: what is generated, what is sent of it, and what becomes of what comes back."""

import base64
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from retryspec.checks import Judge, Untestable
from retryspec.documents import load_document, slugs
from retryspec.exchange import Exchange, Request, Response
from retryspec.properties import child, run
from retryspec.properties.cases import Case, marker, names_in
from retryspec.properties.child import GeneratorFailed, Wanted, generated
from retryspec.properties.run import Subject, look_at_generated
from retryspec.reference.target import reference_target
from retryspec.runner import Plan
from retryspec.runner import run as run_suite
from retryspec.session import RunOptions, connect
from retryspec.target import read_target_file
from retryspec.verdicts import ExchangeRecord, Outcome

VCF = load_document("vcf")
ID = marker("path.id")


def case(number: int, target: str = f"/v1/tasks/{ID}", body: bytes | None = None) -> Case:
    """A case of getTask."""
    return Case(number, "getTask", "GET", target, body, None, True, "random", "values")


def record_of(exchange: Exchange) -> ExchangeRecord:
    """A record that holds the status and the target."""
    status = exchange.response.status if exchange.response else None
    return ExchangeRecord("GET", exchange.request.target, (), "", status, (), "", None, None, "curl")


def judge() -> Judge:
    """A judge that has seen nothing."""
    return Judge("suite/vcf/test_generated.py::test_x", ("VCF-GET-04",), VCF.behaviours, record_of)


class Kept:
    """What look_at_generated needs of a session."""

    def __init__(self, **options: Any) -> None:
        self.kept: dict[str, object] = {}
        self.document = VCF
        self.options = RunOptions(**options)


def test_known_values_take_the_place_of_markers() -> None:
    """A marker in the target is percent-encoded, and those in a body are filled one after the other."""
    filled = case(1, body=f'["{marker("body")}", "{marker("body")}"]'.encode()).filled(
        {"path.id": ["a", "b/c ü"], "body": ["x", "y"]}
    )

    assert filled.target == "/v1/tasks/b%2Fc%20%C3%BC"
    assert filled.body == b'["x", "y"]'
    assert names_in(f"{ID} and {marker('query.from')}") == ["path.id", "query.from"]


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    """Generated cases of two operations of VCF."""
    return generated(VCF, Wanted(("getTask", "getTasks"), ("path.id",), seed=7, examples=5), seconds=60)


def test_same_seed_is_the_same_cases(cases: list[Case]) -> None:
    """What is generated is a matter of document and seed alone."""
    again = generated(VCF, Wanted(("getTask", "getTasks"), ("path.id",), seed=7, examples=5), seconds=60)
    other = generated(VCF, Wanted(("getTask",), ("path.id",), seed=8, examples=5), seconds=60)

    assert again == cases
    targets = [each.target for each in cases if each.operation == "getTask"]
    assert [each.target for each in other] != targets


def test_both_what_is_allowed_and_what_is_not_is_generated(cases: list[Case]) -> None:
    """Each operation gets valid cases, with known ids and others; what has rules gets cases that break them."""
    assert {each.operation for each in cases} == {"getTask", "getTasks"}
    assert {each.valid for each in cases if each.operation == "getTasks"} == {True, False}
    targets = [each.target for each in cases if each.operation == "getTask"]
    assert any(ID in target for target in targets)
    assert any(ID not in target for target in targets)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("raise SystemExit(0)", "no requests could be generated"),
        ("print('{}'); raise ValueError('lost')", "lost"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "exit -9"),
        ("x = bytearray(10**12)", "MemoryError"),
        ("import time; time.sleep(600)", "not done after"),
    ],
    ids=["says nothing", "breaks", "is killed", "takes all memory", "hangs"],
)
def test_generator_that_does_not_come_to_its_end_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, line: str, says: str
) -> None:
    """Whatever becomes of the process, half of its cases are never taken for all, and nobody waits for ever."""
    script = tmp_path / "generator.py"
    script.write_text(f"import sys\nsys.stdin.read()\n{line}\n", encoding="utf-8")
    start = subprocess.Popen

    def started(command: list[str], **more: Any) -> Any:
        return start([command[0], str(script)], **more)

    monkeypatch.setattr(subprocess, "Popen", started)

    with pytest.raises(GeneratorFailed, match=says):
        generated(VCF, Wanted(("getTask",), (), seed=1, examples=1), seconds=1.5)


@pytest.fixture
def generating(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts cases in place of those that would be generated."""

    def generate(*cases: Case) -> None:
        monkeypatch.setattr(run, "generated", lambda *_, **__: list(cases))

    return generate


def looking(status: int, wrong: Callable[[Case], bool]) -> Callable[[Judge, Case], Exchange]:
    """A look at a server that gives one answer."""

    def look(judge: Judge, case: Case) -> Exchange:
        exchange = Exchange(Request("GET", case.target, ()), Response(status, (), b"x", 0.0))
        judge.expect("VCF-GET-04", not wrong(case), exchange, expected="no fault")
        return exchange

    return look


def test_one_defect_is_one_finding(generating: Callable[..., None]) -> None:
    """Of all cases that show the same, the smallest is told, with how many there were and the seed."""
    generating(*(case(number, f"/v1/tasks/{'x' * (20 - number)}") for number in range(20)))
    found = judge()

    subject = Subject(("getTask",), {}, looking(200, lambda case: "xxx" in case.target))
    look_at_generated(found, Kept(seed=5), subject)  # type: ignore[arg-type]  # a session, as far as it is needed

    [finding] = found.findings
    assert finding.exchange is not None
    assert finding.exchange.url == "/v1/tasks/xxx"
    assert "18 of 20 generated requests show it, --seed 5" in finding.received
    assert found.reached == {"getTask": {200: 20}}


def test_second_look_is_at_what_failed(generating: Callable[..., None]) -> None:
    """Before a server is accused, only the cases that speak against it are sent again."""
    generating(*(case(number, f"/v1/tasks/{number}") for number in range(9)))
    session: Any = Kept()
    subject = Subject(("getTask",), {}, looking(200, lambda case: case.number > 6))
    again = judge()

    look_at_generated(judge(), session, subject)
    look_at_generated(again, session, subject)

    assert again.reached == {"getTask": {200: 2}}
    assert "2 of 2 generated requests" in again.findings[0].received


def test_server_that_refuses_everything_does_not_pass(generating: Callable[..., None]) -> None:
    """Where nothing was accepted, that nothing spoke against the server means nothing."""
    generating(*(case(number, f"/v1/tasks/{number}") for number in range(9)))
    subject = Subject(("getTask",), {}, looking(404, lambda _: False))

    with pytest.raises(Untestable, match="not one of 9"):
        look_at_generated(judge(), Kept(), subject)  # type: ignore[arg-type]  # a session, as far as it is needed


# A behaviour of each API that generated requests decide.
DECIDED = {"sls": "SLS-COMMON-17", "vcf": "VCF-GET-04", "opsmanager": "OM-GET-01"}


@pytest.mark.parametrize("slug", slugs())
def test_reference_server_is_reached_and_clean(slug: str) -> None:
    """Generated requests reach success and refusals of every operation, and the reference server passes."""
    with reference_target((slug,)) as target:
        report = run_suite(Plan(target=target, only=(DECIDED[slug],), depth="standard", seed=11))

    [api] = report.apis
    assert report.exit_code == 0
    assert not api.count(Outcome.WARN) + api.count(Outcome.UNSTABLE) + api.count(Outcome.ERROR)
    assert set(api.reached) == set(load_document(slug).operations)
    for operation, statuses in api.reached.items():
        if operation not in ("createToken", "refreshAccessToken"):  # nobody has the passwords that are generated
            assert statuses.get(200), operation
        assert any(status >= 400 for status in statuses), operation


# Servers that answer otherwise just where generated requests come, in a way that their sources leave open.
LENIENT = {
    "sls": ("sls-body-absent-taken", "sls-page-beyond-end-refused", "sls-numbers-ignored"),
    "vcf": ("vcf-odd-values-passed-over", "vcf-refused-with-forbidden", "vcf-bodies-refused"),
    "opsmanager": ("opsmanager-errors-wrapped-as-success", "opsmanager-booleans-passed-over"),
}


@pytest.mark.parametrize("slug", slugs())
def test_what_is_left_open_is_no_fault(slug: str) -> None:
    """A server that takes another reading of what the sources leave open does not fail by generated requests either."""
    with reference_target((slug,), variations=LENIENT[slug]) as target:
        report = run_suite(Plan(target=target, only=(DECIDED[slug],), depth="standard", seed=12))

    found = [finding for result in report.apis[0].behaviours for finding in result.findings]
    assert report.exit_code == 0, found


@pytest.mark.parametrize("slug", slugs())
def test_run_that_may_only_read_generates_only_that(slug: str) -> None:
    """With --read-only no operation is called that can change something."""
    with reference_target((slug,)) as target:
        table = read_target_file(target)[slug]
        connection = connect(table, RunOptions(read_only=True))
        found = connection.session.judge(f"suite/{slug}/test_generated.py::test_generated_requests", ("X",))
        handle = connection.handle(found)
        connection.session.close()

    methods = {load_document(slug).operations[name].method for name in operations_called(slug, handle)}
    assert methods <= {"GET"}


def operations_called(slug: str, handle: Any) -> list[str]:
    """The operations that an API's property tests call."""
    from importlib import import_module

    names: list[str] = import_module(f"retryspec.suite.{slug}.test_generated").operations_of(handle)
    return names


def test_body_goes_out_as_it_was_generated() -> None:
    """A body travels from the generator byte for byte."""
    raw = {
        "number": 3, "operation": "o", "method": "PUT", "target": "/", "body": base64.b64encode(b"\xff\x00").decode(),
        "media_type": None, "valid": False, "phase": "coverage", "about": "x",
    }  # fmt: skip

    assert child._case(raw).body == b"\xff\x00"
