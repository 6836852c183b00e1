"""Files and answers from outside: read up to a bound, named with what is wrong, in command of no path and no line."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from retryspec import outside
from retryspec.checks import Untestable
from retryspec.errors import UsageError
from retryspec.exchange import Exchanger
from retryspec.generate.source import read_source
from retryspec.outside import read_outside
from retryspec.report import prepare_folder, write_reports
from retryspec.runner import Plan, run
from retryspec.states import ProviderStates
from retryspec.verdicts import Outcome
from selftest.conftest import Said
from selftest.raw_servers import raw_server
from selftest.test_sls_connection import json_answer, serving

HEAD = 'openapi: 3.1.0\ninfo: {title: x, version: "1"}\n'
ALIASES = "x-a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"x-{after}: &{after} [{', '.join([f'*{before}'] * 10)}]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEAD + ALIASES + "paths: {}\n", "with its aliases it has more than 500000 values"),
        (HEAD + f'x: "{"a" * 5_000_000}"\n', "the document is longer than 4194304 bytes"),
        (HEAD + "x: " + "[" * 5000 + "\n", "cannot be read as YAML"),
        (HEAD + "x: !!python/object/apply:os.system [true]\n", "cannot be read as YAML"),
        ("\0", "cannot be read as YAML"),
    ],
    ids=["aliases", "length", "depth", "tag", "control"],
)
def test_document_that_nobody_wrote_is_refused(text: str, says: str, tmp_path: Path) -> None:
    """A document is bounded, and nothing in it is run."""
    path = tmp_path / "api.yaml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(UsageError, match=says) as caught:
        read_source(path)

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("reference", ["file:///etc/passwd", "http://127.0.0.1:9/x.yaml", "other.yaml#/x", "../x.yaml"])
def test_reference_out_of_a_document_is_not_followed(
    retryspec: Callable[..., Said], reference: str, tmp_path: Path
) -> None:
    """Neither a file nor an address that a document names is opened."""
    path = tmp_path / "api.yaml"
    answer = f'{{description: d, content: {{application/json: {{schema: {{$ref: "{reference}"}}}}}}}}'
    path.write_text(
        HEAD + f'paths: {{/a: {{get: {{operationId: getA, responses: {{"200": {answer}}}}}}}}}\n', encoding="utf-8"
    )

    said = retryspec("generate", "--out", str(tmp_path / "out"), "--document", str(path))

    assert said.code == 2
    assert "root:" not in said.out + said.err


TARGET = (
    '[sls]\nbase_url = "http://127.0.0.1:9"\naccess_key_id = "i"\naccess_key_secret = "hunter2"\n'
    'states_url = "http://127.0.0.1:9/"\n'
)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a" + ".a" * 200_000 + " = 1", "there are more than 100 dots"),
        ('x = {y = """\n""", a' + ".a" * 200_000 + " = 1}", "there are more than 100 dots"),
        ("a = " + "[" * 100_000, "it is nested too deeply"),
        (TARGET + f"project = {'9' * 100_000}", "is not TOML: Exceeds the limit"),
        (TARGET + f'"{"k" * 100_000}" = 1', "kkk... is not a key of this table"),
        (TARGET + 'project = "p\\ud800"', "is not TOML"),
    ],
    ids=["dots", "dots after a string", "depth", "digits", "key", "surrogate"],
)
def test_target_file_that_nobody_wrote_is_refused(text: str, says: str, tmp_path: Path) -> None:
    """A target file is bounded in what it takes to read it, and in what is said about it."""
    path = tmp_path / "target.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(UsageError) as caught:
        run(Plan(target=path))

    assert says in str(caught.value)
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("kind", ["pipe", "device", "sparse"])
def test_what_is_no_file_is_not_waited_for(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe into which nobody writes, a device without an end and a file of a gigabyte are each refused."""
    monkeypatch.setattr(outside, "PATIENCE", 0.05)
    path = tmp_path / "report.json"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path = Path("/dev/zero")
    else:
        path.touch()
        os.truncate(path, 2**30)

    with pytest.raises(UsageError, match=r"did not come to its end|is longer than"):
        read_outside(path, "report", 1_000_000)


def test_pipe_is_read_to_its_end() -> None:
    """A shell's `<(command)` is a pipe."""
    reader, writer = os.pipe()
    try:
        os.write(writer, b"all of it")
        os.close(writer)
        assert read_outside(Path(f"/dev/fd/{reader}"), "report", 100) == b"all of it"
    finally:
        os.close(reader)


def test_target_file_is_no_pipe(tmp_path: Path) -> None:
    """What can be read only once is refused at once, and not found empty by whoever reads it next."""
    path = tmp_path / "target.toml"
    os.mkfifo(path)

    with pytest.raises(UsageError, match="read more than once"):
        run(Plan(target=path))


def test_report_goes_into_its_folder_whatever_lies_there(tmp_path: Path) -> None:
    """Links that lead out of the folder and pipes are replaced, not followed; nothing else is left behind."""
    target, precious, out = tmp_path / "target.toml", tmp_path / "precious", tmp_path / "out"
    target.write_text(TARGET, encoding="utf-8")
    precious.write_text("kept", encoding="utf-8")
    out.mkdir()
    (out / "report.json").symlink_to(precious)
    (out / "junit.xml").symlink_to(tmp_path / "not-there")
    os.mkfifo(out / "report.html")

    prepare_folder(out)
    write_reports(run(Plan(target=target, max_time=5, timeout=0.5)), out)

    assert precious.read_text(encoding="utf-8") == "kept"
    assert {path.name for path in tmp_path.iterdir()} == {"target.toml", "precious", "out"}
    assert {path.name for path in out.iterdir() if path.is_file() and not path.is_symlink()} == {
        "report.json",
        "junit.xml",
        "report.html",
    }


ODD_IDS = [
    "../../../tmp/x",
    "a/b",
    "a\r\nX-Injected: 1\r\n\r\n",
    "a\x00b",
    "\u202egnp.exe",
    "a" * 100_000,
    "%2e%2e",
    "?a=b#c",
    " ",
]


@pytest.mark.parametrize("name", ODD_IDS, ids=range(len(ODD_IDS)))
def test_names_of_a_provider_command_nothing(name: str, tmp_path: Path) -> None:
    """Whatever a provider of states calls its shippers and tasks, a request is one request, and no path is left."""
    state = {"project": name, "logstore": name, "shipper": name, "ids": [name], "rerunsAsAsked": True}
    with raw_server(serving(lambda request: json_answer(state if request.startswith(b"POST") else {}))) as server:
        target = tmp_path / "target.toml"
        target.write_text(
            f'[sls]\nbase_url = "{server.base_url}"\nendpoint = "sls.test"\naccess_key_id = "i"\n'
            f'access_key_secret = "hunter2"\nstates_url = "{server.base_url}/_states"\n',
            encoding="utf-8",
        )
        report = run(Plan(target=target, depth="quick", max_time=5, timeout=0.5, settle=0.1, only=("SLS-RETRY-0*",)))
        requests = list(server.requests)

    assert report.exit_code in (1, 3)
    assert not [result for api in report.apis for result in api.behaviours if result.outcome is Outcome.ERROR]
    assert all(request.split(b"\r\n", 1)[0].endswith(b" HTTP/1.1") for request in requests)
    assert not any(b"\r\nX-Injected: 1\r\n" in request.partition(b"\r\n\r\n")[0] for request in requests)
    assert {path.name for path in tmp_path.iterdir()} == {"target.toml"}


@pytest.mark.parametrize(
    "answer", [[], "x", None, {"ids": {}}, {"ids": [{"a": 1}]}, {"ids": [[]], "project": []}, {"ids": ["\ud800"]}]
)
def test_odd_answer_of_a_provider_is_untestable(answer: Any) -> None:
    """An answer that is no JSON object that can be written in a request is told, and no failure of the suite's."""
    body = json.dumps(answer)
    with raw_server(serving(lambda _: json_answer(json.loads(body)))) as server:
        states = ProviderStates(f"{server.base_url}/_states", Exchanger(server.origin, timeout=2))
        try:
            values = states.set_up("a shipper with tasks", {})
        except Untestable:
            return
        finally:
            states.close()
    assert isinstance(values, dict)
