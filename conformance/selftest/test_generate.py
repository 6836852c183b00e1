"""Generating: the same bytes each time, drift is seen, and what cannot be generated is said in one line."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from retryspec.errors import UsageError
from retryspec.generate import differences, generate, regenerate, run

CHECKOUT = Path(__file__).parents[2]
DOCUMENT = CHECKOUT / "openapi" / "sls.yaml"


def tree(folder: Path) -> Mapping[str, bytes]:
    """Every file below a folder, by name."""
    files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def minimal(**members: object) -> str:
    """The least document there is, with some members put in or replaced."""
    import json

    operation = {"operationId": "ping", "responses": {"200": {"description": "Here."}}}
    document = {"openapi": "3.1.0", "info": {"title": "Ping", "version": "1"}, "paths": {"/ping": {"get": operation}}}
    return json.dumps({**document, **members})


def test_generated_files_are_up_to_date() -> None:
    """The committed files are what the documents give."""
    assert differences(CHECKOUT) == []


def test_hash_seed_changes_nothing(tmp_path: Path) -> None:
    """Two processes with different hash seeds, started in different folders, write the same bytes."""
    for seed in ("1", "2"):
        (tmp_path / seed).mkdir()
        (tmp_path / seed / "pyproject.toml").write_text("[tool.datamodel-codegen]\nsnake-case-field = false\n")
        command = [sys.executable, "-m", "retryspec.generate", "--out", "out", "--document", str(DOCUMENT)]
        subprocess.run(command, cwd=tmp_path / seed, env={**os.environ, "PYTHONHASHSEED": seed}, check=True)

    assert tree(tmp_path / "1" / "out") == tree(tmp_path / "2" / "out")


def test_drift_and_left_over_files_are_found(tmp_path: Path) -> None:
    """A file that was edited, one that is missing and one that nothing asks for are each named."""
    shutil.copytree(CHECKOUT / "openapi", tmp_path / "openapi")
    [package] = regenerate(tmp_path)
    (package / "sls" / "stubs.py").write_text("# edited\n")
    (package / "sls" / "models.py").unlink()
    (package / "old").mkdir()
    (package / "old" / "models.py").write_text("")

    found = differences(tmp_path)

    assert [line.removeprefix(str(package)).split(":")[0] for line in found] == [
        "/old/models.py",
        "/sls/models.py",
        "/sls/stubs.py",
    ]
    assert [word for word, line in zip(("left over", "missing", "differs"), found, strict=True) if word in line] == [
        "left over",
        "missing",
        "differs",
    ]


def test_generating_again_removes_generated_files_only(tmp_path: Path) -> None:
    """What an API left behind goes; what somebody put beside it stays."""
    document = tmp_path / "ping.yaml"
    document.write_text(minimal())
    [package] = generate([document], tmp_path)
    (package / "gone").mkdir()
    shutil.copy(package / "ping" / "stubs.py", package / "gone" / "stubs.py")
    (package / "notes.txt").write_text("mine")

    generate([document], tmp_path)

    assert not (package / "gone").exists()
    assert (package / "notes.txt").read_text() == "mine"


def test_package_of_own_document_is_named_after_file(tmp_path: Path) -> None:
    """Each document gives a package of its own, called after the file."""
    document = tmp_path / "My-Ping.v2.yaml"
    document.write_text(minimal())

    assert run(tmp_path / "out", [document]) == [tmp_path / "out" / "my_ping_v2"]
    assert (tmp_path / "out" / "my_ping_v2" / "stubs.py").is_file()


def test_own_documents_are_generated_without_a_checkout(tmp_path: Path) -> None:
    """Without documents, those inside the installed package give the same files as the checkout's."""
    [package] = run(tmp_path)

    assert tree(package) == tree(CHECKOUT / "generated" / "retryspec_models")


@pytest.mark.parametrize("folder", ["with a package", "with a file"])
def test_folder_of_somebody_else_is_left_alone(tmp_path: Path, folder: str) -> None:
    """A folder that holds something else is not written to."""
    document = tmp_path / "ping.yaml"
    document.write_text(minimal())
    name = "__init__.py" if folder == "with a package" else "notes.txt"
    (tmp_path / "out" / "ping").mkdir(parents=True)
    (tmp_path / "out" / "ping" / name).write_text("mine = 1\n")

    with pytest.raises(UsageError, match="choose another folder"):
        run(tmp_path / "out", [document])

    assert tree(tmp_path / "out") == {f"ping/{name}": b"mine = 1\n"}


BODY = {"content": {"text/plain": {"schema": {"type": "string"}}}}
UNUSABLE = {
    "no YAML": ("a: [", "cannot be read as YAML"),
    "a key twice": ("openapi: 3.1.0\nopenapi: 3.1.0\n", "'openapi' stands twice"),
    "a list": ("[]", "is not an OpenAPI document"),
    "another document": ("swagger: '2.0'", "is not an OpenAPI document"),
    "another version": (minimal(openapi="3.0.3"), "is OpenAPI 3.0.3; retryspec reads 3.1 only"),
    "no paths": (minimal(paths={}), "has no paths"),
    "no operationId": (minimal(paths={"/a": {"get": {"responses": {}}}}), "GET /a has no operationId"),
    "no success": (minimal(paths={"/a": {"get": {"operationId": "a", "responses": {}}}}), "a documents no success"),
    "a default answer": (
        minimal(paths={"/a": {"get": {"operationId": "a", "responses": {"default": {"description": "?"}}}}}),
        "a: the answer 'default'; list each status by itself",
    ),
    "a body of text": (
        minimal(paths={"/a": {"get": {"operationId": "a", "responses": {"200": BODY}}}}),
        "a: a body that is not application/json",
    ),
    "an undeclared parameter": (
        minimal(paths={"/{a}": {"get": {"operationId": "b", "responses": {}}}}),
        "b: the path parameter a is not declared",
    ),
    "a reference to nothing": (
        minimal(paths={"/a": {"get": {"operationId": "a", "responses": {"200": {"$ref": "#/components/x"}}}}}),
        "the reference #/components/x points at nothing",
    ),
    "a reference to itself": (
        minimal(
            paths={"/a": {"get": {"operationId": "a", "responses": {"200": {"$ref": "#/components/responses/A"}}}}},
            components={"responses": {"A": {"$ref": "#/components/responses/A"}}},
        ),
        "the reference #/components/responses/A leads back to itself",
    ),
    "no OpenAPI inside": (
        minimal(paths={"/a": {"get": {"operationId": "a", "responses": ["200"]}}}),
        "does not keep to OpenAPI 3.1",
    ),
    "a parameter that is an object": (
        minimal(
            paths={
                "/a": {
                    "parameters": [{"name": "b", "in": "query", "schema": {"type": "object"}}],
                    "get": {"operationId": "a", "responses": {"200": {"description": "Here."}}},
                }
            }
        ),
        "a: the parameter b is neither a string, a number nor a boolean, nor a list of these",
    ),
    "a schema that refers to nothing": (
        minimal(components={"schemas": {"A": {"type": "array", "items": {"$ref": "#/components/schemas/B"}}}}),
        "makes no models of its schemas",
    ),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_unusable_document_is_one_clear_line(tmp_path: Path, case: str) -> None:
    """The message names the file and what is wrong, in one line, and nothing is written."""
    text, expected = UNUSABLE[case]
    document = tmp_path / "mine.yaml"
    document.write_text(text)

    with pytest.raises(UsageError) as caught:
        run(tmp_path / "out", [document])

    message = str(caught.value)
    assert message.startswith(str(document))
    assert expected in message
    assert "\n" not in message
    assert not (tmp_path / "out").exists()


def test_missing_document_is_named(tmp_path: Path) -> None:
    """A file that is not there is named."""
    with pytest.raises(UsageError, match=r"absent\.yaml: the document cannot be read"):
        run(tmp_path / "out", [tmp_path / "absent.yaml"])


@pytest.mark.parametrize("name", ["class.yaml", "1.yaml", "日志.yaml"])
def test_name_that_no_package_can_have_is_refused(tmp_path: Path, name: str) -> None:
    """The file's name becomes a module's name, so it has to be able to."""
    (tmp_path / name).write_text(minimal())

    with pytest.raises(UsageError, match="rename the file"):
        run(tmp_path / "out", [tmp_path / name])


def test_two_documents_of_one_name_are_refused(tmp_path: Path) -> None:
    """Two files that would give the same package are not overwritten one by the other."""
    (tmp_path / "ping.yaml").write_text(minimal())
    (tmp_path / "ping.json").write_text(minimal())

    with pytest.raises(UsageError, match="the same package"):
        run(tmp_path / "out", [tmp_path / "ping.yaml", tmp_path / "ping.json"])


def test_yaml_means_what_json_means(tmp_path: Path) -> None:
    """Words and numbers that only YAML 1.1 knows stay text in `openapi.json`."""
    document = tmp_path / "ping.yaml"
    document.write_text(
        "openapi: 3.1.0\ninfo: {title: no, version: 1.2.0, x-a: [2015-11-11, 12:30, yes, 0x1F, ~, 1e3, -4, true]}\n"
        "paths: {/ping: {get: {operationId: ping, responses: {200: {description: on}}}}}\n"
    )

    [package] = run(tmp_path / "out", [document])

    text = (package / "openapi.json").read_text()
    assert '"title": "no"' in text
    assert " ".join(text.split()).count('"2015-11-11", "12:30", "yes", "0x1F", null, 1000.0, -4, true') == 1
    assert '"200"' in text
    assert '"description": "on"' in text


def test_check_of_the_command_ends_in_0_or_1(tmp_path: Path) -> None:
    """`--check` ends in 0 where all is up to date, and in 1, with the files named, where it is not."""
    shutil.copytree(CHECKOUT / "openapi", tmp_path / "openapi")
    command = [sys.executable, "-m", "retryspec.generate"]

    stale = subprocess.run([*command, "--check"], cwd=tmp_path, capture_output=True, text=True, check=False)
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    fresh = subprocess.run([*command, "--check"], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (stale.returncode, fresh.returncode, fresh.stdout) == (1, 0, "")
    assert "retryspec_models/sls/stubs.py: missing" in stale.stdout
