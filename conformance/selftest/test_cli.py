"""The command line: exit codes, one line for each mistake, and never green for nothing."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from retryspec.documents import load_document
from retryspec.reference.target import reference_target
from retryspec.report import report_schema
from selftest.raw_servers import Line, answered, raw_server

Call = Callable[..., Any]
Target = Callable[..., Path]

# A run that takes longer than this hangs.
SOON = 20.0


def report_in(folder: Path) -> dict[str, Any]:
    """The report that a run left, which has to be a whole one."""
    content: dict[str, Any] = json.loads((folder / "out" / "report.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(report_schema()).validate(content)
    assert (folder / "out" / "junit.xml").is_file()
    return content


# Verdicts


def test_server_that_keeps_its_contract_is_0(retryspec: Call, tmp_path: Path) -> None:
    """The reference server conforms."""
    said = retryspec("check", "sls", "--reference", "--only", "SLS-GET-05")

    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines()[-1].startswith("conforms  ")
    assert report_in(tmp_path)["verdict"] == "conforms"


def test_server_that_breaks_its_contract_is_1(retryspec: Call, tmp_path: Path) -> None:
    """A faulty server breaks a behaviour, which is shown."""
    with reference_target(("sls",), variations=("sls-empty-window-accepted",)) as target:
        said = retryspec("check", "--target", str(target), "--only", "SLS-GET-05")

    assert said.code == 1
    assert "F1  SLS-GET-05 MUST" in said.out
    assert said.out.splitlines()[-1].startswith("breaks  ")
    assert report_in(tmp_path)["verdict"] == "breaks"


def test_known_deviation_is_0(retryspec: Call, tmp_path: Path) -> None:
    """What the target file names does not fail the run, and is shown with the reason given there."""
    with reference_target(("sls",), variations=("sls-empty-window-accepted",)) as reference:
        target = tmp_path / "target.toml"
        target.write_text(reference.read_text() + '\nknown = { "SLS-GET-05" = "in the next release" }\n')
        said = retryspec("check", "--target", str(target), "--only", "SLS-GET-05")

    assert said.code == 0
    assert "known deviation: in the next release" in said.out


def test_json_is_all_that_is_printed(retryspec: Call, tmp_path: Path) -> None:
    """With --format json standard output is the report."""
    said = retryspec("check", "sls", "--reference", "--only", "SLS-GET-05", "--format", "json")

    assert (said.code, said.err) == (0, "")
    assert json.loads(said.out) == report_in(tmp_path)


def test_json_is_all_that_is_printed_of_a_server_that_is_gone(retryspec: Call, tmp_path: Path) -> None:
    """Also where a run was not made, and there is something to be warned of, standard output is the report."""
    target = tmp_path / "target.toml"
    target.write_text('[vcf]\nbase_url = "http://127.0.0.1:9"\ntoken = "a-token"\n', encoding="utf-8")
    target.chmod(0o644)

    said = retryspec("check", "--target", str(target), "--format", "json")

    assert said.code == 3
    assert "gives no answer" in json.loads(said.out)["apis"][0]["trouble"]
    assert "retryspec: warning: " in said.err


@pytest.mark.parametrize("words", [("--target", "gone.toml"), ("--reference", "--only", "X-01"), ("--reference", "sl")])
def test_json_is_not_begun_in_a_wrong_call(retryspec: Call, words: tuple[str, ...]) -> None:
    """A call that is wrong leaves standard output empty, so that nothing there is taken for a report."""
    said = retryspec("check", "--format", "json", *words)

    assert (said.code, said.out) == (2, "")


# Wrong calls: exit code 2 and one line

TABLE = '[sls]\nbase_url = "http://127.0.0.1:1"\naccess_key_id = "a"\naccess_key_secret = "b"\n'


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["check"], "Give one of --target FILE and --reference: there is no default server."),
        (["check", "--target", "x", "--reference"], "Give one of --target FILE and --reference"),
        (["check", "--target", "absent.toml"], "absent.toml: the target file cannot be read: No such file"),
        (["check", "nope", "--reference"], "nope: no such API"),
        (["check", "sls", "--reference", "--only", "SLS-NOPE-*"], "No behaviour is called 'SLS-NOPE-*'"),
        (["check", "sls", "--reference", "--only", "SLS-GET-05", "--only", "SLS-GTE-05"], "is called 'SLS-GTE-05'"),
        (["check", "sls", "--reference", "--only", ""], "No behaviour is called ''"),
        (["check", "sls", "--reference", "--nope"], "No such option: --nope"),
        (["check", "sls", "--reference", "--depth", "deep"], "'deep'"),
        (["check", "sls", "--reference", "--timeout", "0"], "0.01"),
        (["check", "sls", "--reference", "--timeout", "nan"], "86400"),
        (["check", "sls", "--reference", "--timeout", "inf"], "86400"),
        (["check", "sls", "--reference", "--settle", "-1"], "'--settle'"),
        (["check", "sls", "--reference", "--max-time", "nan"], "86400"),
        (["check", "sls", "--reference", "--workers", "0"], "'--workers'"),
        (["behaviours", "nope"], "There is no API 'nope'"),
        (["serve", "--fault", "nope"], "nope"),
        (["serve", "--host", "0.0.0.0", "--port", "0"], "--credentials"),
        (["nope"], "No such command 'nope'"),
    ],
)  # fmt: skip
def test_wrong_call_is_2_and_one_line(retryspec: Call, words: list[str], says: str) -> None:
    """A mistake in the call is told in one line, and nothing else is printed."""
    said = retryspec(*words)

    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("retryspec: ")
    assert says in said.err
    assert said.err.count("\n") == 1


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("[sls\n", "the target file is not TOML"),
        ("", "names no API"),
        ("[nope]\n", "There is no API 'nope'"),
        ('[sls]\nbase_url = "http://127.0.0.1:1"\n', ": [sls] access_key_id is missing."),
        ('[sls]\nbase_url = { env = "RETRYSPEC_UNSET" }\n', ":2: [sls] base_url asks for the environment variable"),
        (
            TABLE,
            ": [sls] states_url is missing; without it project, logstore and shipper are needed.",
        ),
        (
            f'{TABLE}states_url = "http://127.0.0.1:1"\nknown = {{ "SLS-GET-99" = "x" }}\n',
            ":6: [sls] known names 'SLS-GET-99', which is no behaviour",
        ),
        (
            f'{TABLE}states_url = "http://127.0.0.1:1"\nverify_signatures = true\n',
            ":6: [sls] verify_signatures is not a key of this table",
        ),
    ],
)
def test_wrong_target_file_is_2_and_one_line(
    retryspec: Call, tmp_path: Path, content: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistake in the target file is told in one line with its place, before anything is sent."""
    monkeypatch.delenv("RETRYSPEC_UNSET", raising=False)
    file = tmp_path / "target.toml"
    file.write_text(content)

    said = retryspec("check", "--target", str(file))

    assert (said.code, said.out) == (2, "")
    assert says in said.err
    assert said.err.startswith("retryspec: ")
    assert said.err.count("\n") == 1


def test_table_that_was_asked_for_has_to_be_there(retryspec: Call, tmp_path: Path) -> None:
    """An API that is named in the call and not in the target file is a mistake."""
    file = tmp_path / "target.toml"
    file.write_text("")

    said = retryspec("check", "sls", "--target", str(file))

    assert said.code == 2
    assert "there is no table [sls]" in said.err


def test_folder_that_cannot_be_written_is_2(retryspec: Call, tmp_path: Path) -> None:
    """Where a file stands in the place of the folder, nothing is sent."""
    (tmp_path / "file").touch()
    with raw_server(answered(b"")) as server:
        file = tmp_path / "target.toml"
        file.write_text(f'[sls]\nbase_url = "{server.base_url}"\n')
        said = retryspec("check", "--target", str(file), "--out", str(tmp_path / "file"))

        assert server.lines == []
    assert (said.code, said.out) == (2, "")
    assert "the report cannot be written" in said.err


# Servers that are none: never 0


def page(status: int, body: str, more: str = "") -> Callable[[Line], None]:
    """A server that answers everything alike."""
    answer = f"HTTP/1.1 {status} X\r\n{more}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}"
    return answered(answer.encode())


HTML = "<!doctype html><title>Sign in</title>"
SERVERS = {
    "401": (page(401, "{}"), 3, "refuses the credentials (401"),
    "403": (page(403, HTML), 3, "refuses the credentials (403"),
    "404": (page(404, "{}"), 3, "See base_url, project, logstore and shipper"),
    "405": (page(405, ""), 3, "does not answer a valid status call with success but with 405"),
    "500": (page(500, "oops"), 3, "does not answer a valid status call with success but with 500 oops"),
    "redirect to a login": (page(302, HTML, "Location: /login\r\n"), 3, "but with 302"),
    "static page": (page(200, HTML), 1, "SLS-GET-14"),
    "empty page": (page(200, ""), 1, "SLS-GET-14"),
    "empty object": (page(200, "{}", "Content-Type: application/json\r\n"), 1, "SLS-GET-15"),
    "closes at once": (answered(b""), 3, "gives no answer: the server closed the connection without an answer"),
    "no HTTP": (answered(b"220 mail.test ESMTP\r\n\r\n"), 3, "gives no answer: not a valid HTTP answer"),
}


@pytest.mark.parametrize(("serve", "code", "says"), SERVERS.values(), ids=SERVERS)
def test_server_that_is_none_is_never_green(
    retryspec: Call, sls_target: Target, tmp_path: Path, serve: Callable[[Line], None], code: int, says: str
) -> None:
    """What answers everything alike ends in 1 or 3, with a whole report that says why."""
    started = time.monotonic()
    with raw_server(serve) as server:
        some = ("--only", "SLS-GET-1*", "--timeout", "1", "--settle", "0.1")
        said = retryspec("check", "--target", str(sls_target(server.base_url)), *some)

    assert (said.code, said.err) == (code, "")
    assert says in said.out
    assert report_in(tmp_path)["verdict"] == {1: "breaks", 3: "incomplete"}[code]
    assert "hunter2-secret" not in (tmp_path / "out" / "report.json").read_text()
    assert time.monotonic() - started < SOON


def test_server_that_cannot_be_reached_is_3(retryspec: Call, sls_target: Target, tmp_path: Path) -> None:
    """A port where nobody listens is told in one line, not once for every behaviour."""
    with raw_server(answered(b"")) as server:
        pass

    said = retryspec("check", "--target", str(sls_target(server.base_url)))

    assert (said.code, said.err) == (3, "")
    assert said.out.count("gives no answer: cannot connect") == 1
    assert report_in(tmp_path)["apis"][0]["counts"]["untested"] == len(load_document("sls").behaviours)


def test_server_that_never_answers_is_3(retryspec: Call, sls_target: Target) -> None:
    """The first call waits for the time of one exchange, and no longer."""
    started = time.monotonic()
    with raw_server(Line.until_gone) as server:
        said = retryspec("check", "--target", str(sls_target(server.base_url)), "--timeout", "0.2")

    assert said.code == 3
    assert "gives no answer: no complete answer within 0.2 s" in said.out
    assert time.monotonic() - started < SOON


def test_provider_of_states_that_fails_is_3(retryspec: Call, tmp_path: Path) -> None:
    """Where no state can be had at all the run cannot be made."""
    with raw_server(page(404, "")) as server:
        file = tmp_path / "target.toml"
        file.write_text(
            f'[sls]\nbase_url = "{server.base_url}"\naccess_key_id = "a"\naccess_key_secret = "b"\n'
            f'states_url = "{server.base_url}/_states"\n'
        )
        said = retryspec("check", "--target", str(file))

    assert said.code == 3
    assert "/_states: the provider state 'a shipper with tasks' with fail is not supported (404)" in said.out


@pytest.mark.parametrize(
    "name", ["p\u20ac", "p\\r\\nX-Injected: 1", "\\ud800", "../..", "x" * 10_000], ids=lambda name: name[:20]
)
def test_provider_of_states_is_not_trusted(retryspec: Call, tmp_path: Path, name: str) -> None:
    """Names that no request can hold, or that lead elsewhere, end in a verdict like any other."""
    values = f'{{"project": "{name}", "logstore": "{name}", "shipper": "{name}", "ids": ["a"]}}'
    body = values.encode("utf-8")
    with raw_server(answered(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))) as server:
        file = tmp_path / "target.toml"
        file.write_text(
            f'[sls]\nbase_url = "{server.base_url}"\naccess_key_id = "a"\naccess_key_secret = "b"\n'
            f'states_url = "{server.base_url}/_states"\n'
        )
        said = retryspec("check", "--target", str(file), "--only", "SLS-GET-1*", "--settle", "0.1")

        assert not any(b"X-Injected" in request.partition(b"\r\n\r\n")[0] for request in server.requests)
    assert said.code in (1, 3)
    assert all(line.startswith("retryspec: warning: ") for line in said.err.splitlines())
    report_in(tmp_path)


def test_server_that_dies_half_way_is_not_waited_for(retryspec: Call, sls_target: Target, tmp_path: Path) -> None:
    """When a server is gone the run is given up, with a whole report of what was seen until then."""
    started = time.monotonic()

    def serve(line: Line) -> None:
        page(200, HTML)(line)
        if line.number >= 30:
            line.server.close()

    with raw_server(serve) as server:
        said = retryspec("check", "--target", str(sls_target(server.base_url)), "--settle", "0.1")

    assert said.code in (1, 3)
    assert "the run was given up: 4 checks in a row got no answer" in said.out
    report_in(tmp_path)
    assert time.monotonic() - started < SOON


def test_time_that_is_used_up_is_3(retryspec: Call, tmp_path: Path) -> None:
    """A run ends when its time is over; what was not looked at by then is untested."""
    started = time.monotonic()
    said = retryspec("check", "sls", "--reference", "--max-time", "1")

    assert said.code == 3
    assert "the time for the whole run (1 s) was used up" in said.out
    content = report_in(tmp_path)
    assert content["verdict"] == "incomplete"
    assert content["apis"][0]["counts"]["untested"] > 0
    assert time.monotonic() - started < SOON


def test_run_that_may_only_read_and_only_retry_is_3(retryspec: Call, sls_target: Target, tmp_path: Path) -> None:
    """Where the one operation that is claimed may not be called there is nothing to look at."""
    with raw_server(answered(b"")) as server:
        target = sls_target(server.base_url, 'operations = ["retryShipperTask"]\ntasks = { fail = ["a"] }\n')
        said = retryspec("check", "--target", str(target), "--read-only")

        assert all(request.startswith(b"GET ") for request in server.requests)
    assert (said.code, said.err) == (3, "")
    assert "--read-only" in said.out
    report_in(tmp_path)


def test_secret_that_a_server_sends_back_is_not_shown(retryspec: Call, sls_target: Target, tmp_path: Path) -> None:
    """A secret in an answer goes neither to the terminal nor into a report, whether the smoke fails or a check."""
    leak = '{"errorCode": "Unauthorized", "errorMessage": "hunter2-secret is not the secret"}'
    for status in (401, 200):
        with raw_server(page(status, leak, "X-Leak: hunter2-secret\r\n")) as server:
            target = sls_target(server.base_url)
            said = retryspec("check", "--target", str(target), "--only", "SLS-GET-1*", "--settle", "0.1")

        assert said.code in (1, 3)
        written = "".join(path.read_text() for path in (tmp_path / "out").iterdir())
        assert "hunter2-secret" not in said.out + said.err + written
        assert "[redacted]" in written


# Everything else


def test_help_is_printed(retryspec: Call) -> None:
    """Help tells the commands, also for one of them, and without any command."""
    assert "check" in retryspec("--help").out
    assert "--target" in retryspec("check", "--help").out
    assert retryspec("--version").out.startswith("retryspec 0.")
    assert "check" in retryspec().out + retryspec().err


def test_catalogue_is_printed(retryspec: Call) -> None:
    """Every behaviour is there, as text and as JSON."""
    entries = json.loads(retryspec("behaviours", "sls", "--format", "json").out)
    text = retryspec("behaviours", "sls").out

    assert [entry["id"] for entry in entries] == list(load_document("sls").behaviours)
    for entry in entries:
        assert f"{entry['id']}  {entry['level']}  {entry['says']}\n" in text
        assert set(entry) == {
            "api", "id", "level", "operation", "says", "source", "decision", "unobservable", "checks"
        }  # fmt: skip


# In a process of its own


def run_python(code: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run some code in a fresh interpreter."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


CALLED = """
import sys
from retryspec.__main__ import main
sys.argv[0] = "retryspec"
try:
    main()
finally:
    heavy = {"pytest", "starlette", "uvicorn", "schemathesis", "httpcore", "httpx", "jsonschema_rs", "pydantic", "yaml"}
    sys.stderr.write(",".join(sorted(heavy & set(sys.modules))))
"""


def test_help_loads_little() -> None:
    """To print help takes none of the packages that the commands need."""
    done = run_python(CALLED, "--help")

    assert done.returncode == 0
    assert "check" in done.stdout
    assert done.stderr == ""


WITHOUT = """
import sys

missing = sys.argv.pop(1)

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == missing:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
from retryspec.__main__ import main
main()
"""


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("typer", "--help"),
        ("pytest", "check sls --reference --only SLS-GET-05"),
        ("httpcore", "check sls --reference --only SLS-GET-05"),
        ("jsonschema_rs", "check sls --reference --only SLS-GET-05"),
        ("starlette", "serve"),
        ("rich", "check sls --reference --only SLS-GET-05"),
        ("uvicorn", "serve"),
        ("pytest", "behaviours"),
        ("jinja2", "generate --out somewhere"),
    ],
)
def test_missing_package_is_2_and_one_line(tmp_path: Path, missing: str, words: str) -> None:
    """A command whose packages are not installed says which to install."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, missing, *words.split()],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("retryspec: ")
    assert "install" in done.stderr
    assert "retryspec[" in done.stderr
    assert done.stderr.count("\n") == 1


def test_reader_that_has_seen_enough_is_no_error() -> None:
    """A pipe that is closed early is no traceback."""
    done = subprocess.run(
        ["bash", "-c", f"'{sys.executable}' -m retryspec behaviours | head -1"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert "Traceback" not in done.stderr
    assert len(done.stdout.splitlines()) == 1
