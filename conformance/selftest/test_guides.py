"""What the guides tell people to do: pipelines are valid, the commands run, and the examples are servers that work."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml
from retryspec.reference.target import reference_target
from selftest.conftest import Said

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "conformance" / "examples"
DOCS = ROOT / "conformance" / "docs"
GUIDES = [ROOT / "README.md", ROOT / "conformance" / "README.md", *sorted(DOCS.glob("*.md"))]

# What a document with these members is, by the schemas that check-jsonschema carries.
SCHEMAS = {"jobs": "vendor.github-workflows", "conformance": "vendor.gitlab-ci"}
PARTS = 5


def documents() -> list[dict[str, Any]]:
    """Every YAML document of the guides that a person is meant to paste into a file."""
    texts = [
        text
        for guide in GUIDES
        for text in re.findall(r"```yaml\n(.*?)```", guide.read_text(encoding="utf-8"), re.DOTALL)
    ]
    # YAML 1.1 takes the key `on` for true; it is one that GitHub reads as text.
    return [{"on" if key is True else key: value for key, value in yaml.safe_load(text).items()} for text in texts]


def one_with(member: str, *, holds: str) -> dict[str, Any]:
    """The document that has a member and says something."""
    (found,) = [each for each in documents() if member in each and holds in json.dumps(each)]
    return found


def test_pipelines_are_what_their_services_read(tmp_path: Path) -> None:
    """Each workflow of GitHub and pipeline of GitLab is valid by the schema of its service."""
    checked = []
    for number, document in enumerate(documents()):
        for member, schema in SCHEMAS.items():
            if member in document:
                file = tmp_path / f"{number}.json"
                file.write_text(json.dumps(document), encoding="utf-8")
                command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(file)]
                done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
                assert done.returncode == 0, done.stdout + done.stderr
                checked.append(schema)

    assert sorted(checked) == ["vendor.github-workflows", "vendor.github-workflows", "vendor.gitlab-ci"]


def parts_in_a_job_of_kubernetes() -> list[tuple[str, dict[str, str]]]:
    """What the container of the indexed Job runs, for each index, and its environment."""
    job = one_with("kind", holds="Indexed")
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert (job["spec"]["completions"], container["command"]) == (PARTS, ["sh", "-c"])
    assert sorted(each["mountPath"] for each in container["volumeMounts"]) == ["/reports", "/target"]
    return [(container["args"][0], {"JOB_COMPLETION_INDEX": str(index)}) for index in range(PARTS)]


def parts_in_a_matrix_of_github() -> list[tuple[str, dict[str, str]]]:
    """What the jobs of the matrix run."""
    job = one_with("jobs", holds="matrix.part")["jobs"]["check"]
    (command,) = [step["run"] for step in job["steps"] if "retryspec check" in step.get("run", "")]
    parts = job["strategy"]["matrix"]["part"]
    assert len(parts) == PARTS
    return [(command.replace("${{ matrix.part }}", str(part)), {}) for part in parts]


@pytest.fixture(scope="module")
def target() -> Iterator[Path]:
    """A target file of a server that keeps the contract."""
    with reference_target(["opsmanager"]) as file:
        yield file


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        (parts_in_a_job_of_kubernetes, "retryspec report /reports/*/report.json"),
        (parts_in_a_matrix_of_github, "retryspec report part-*/report.json --json report.json --html report.html"),
    ],
)
def test_parts_make_a_whole(
    parts: Callable[[], list[tuple[str, dict[str, str]]]], whole: str, target: Path, tmp_path: Path
) -> None:
    """The commands of the guide run as they stand, in a folder that stands for the root of a container."""
    assert whole in (ROOT / "conformance" / "README.md").read_text(encoding="utf-8")
    for folder in ("target", "reports"):
        (tmp_path / folder).mkdir()
    for folder in ("", "target"):
        shutil.copy(target, tmp_path / folder / "target.toml")

    def shell(command: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
        here = re.sub(r"(?<![\w*])/(target|reports)/", rf"{tmp_path}/\1/", command)
        ours = re.sub(r"\S*\bretryspec (check|report)\b", rf"{sys.executable} -m retryspec \1", here)
        quick = ours.replace("retryspec check", "retryspec check --depth quick")
        return subprocess.run(
            ["sh", "-c", quick],
            cwd=tmp_path,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    with ThreadPoolExecutor(2) as threads:
        done = list(threads.map(lambda part: shell(*part), parts()))
    said = shell(whole, {})

    assert [each.returncode for each in done] == [0] * PARTS, [each.stderr for each in done]
    assert said.returncode == 0, said.stdout + said.stderr


def test_guides_name_what_there_is(retryspec: Callable[..., Said]) -> None:
    """Every option that a guide names is an option, and every file is there."""
    guides = "".join(file.read_text(encoding="utf-8") for file in DOCS.glob("*.md"))
    options = {
        one
        for line in re.findall(r"retryspec check[^\n`]*|`--[a-z-]+", guides)
        for one in re.findall(r"--[a-z-]+", line)
    }
    offered = retryspec("check", "--help").out + retryspec("serve", "--help").out

    assert [one for one in options if one not in offered] == []
    assert [name for name in re.findall(r"conformance/examples/[\w./]+\w", guides) if not (ROOT / name).is_file()] == []


SERVERS = {"python": [sys.executable, "server.py"], "node": ["node", "server.mjs"]}


@pytest.mark.parametrize("language", SERVERS)
def test_examples_keep_the_contract(language: str, tmp_path: Path) -> None:
    """The example is started and checked as its guide says, and nothing speaks against it."""
    program, script = SERVERS[language]
    if shutil.which(program) is None:  # Python is always there, Node is not
        pytest.skip(f"needs {program}")
    command = [program, str(EXAMPLES / language / script), "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            base_url = server.stdout.readline().strip()
            target = tmp_path / "target.toml"
            text = (EXAMPLES / "target.toml").read_text(encoding="utf-8")
            target.write_text(text.replace("http://127.0.0.1:8000", base_url), encoding="utf-8")
            done = subprocess.run(
                [
                    sys.executable,
                    "-m",
                    "retryspec",
                    "check",
                    "--target",
                    target,
                    "--out",
                    tmp_path / "out",
                    "--depth",
                    "quick",
                ],
                env={**os.environ, "EXAMPLE_TOKEN": "example-token"},
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
        finally:
            server.kill()
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    (api,) = report["apis"]

    assert done.returncode == 0, done.stdout + done.stderr
    assert (report["verdict"], api["counts"]["fail"], api["counts"]["warn"]) == ("conforms", 0, 0), done.stdout
    assert api["counts"]["pass"] > 40
