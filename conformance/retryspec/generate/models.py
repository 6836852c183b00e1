"""Models from the schemas of a document, by datamodel-code-generator in a process and a folder of its own.

It reads the configuration of the folder that it runs in, and its options come from dated presets: run apart, with every
option named, the same document always gives the same bytes.
"""

import importlib.metadata
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from retryspec.errors import UsageError
from retryspec.generate.contract import Contract

__all__ = ["Models", "generate_models"]

GENERATOR = "datamodel-code-generator"
GENERATOR_VERSION = "0.89.0"

_BASE = "base_of_all_models"
_OPTIONS = (
    "--ignore-pyproject",
    *("--input-file-type", "openapi"),
    *("--openapi-scopes", "schemas"),
    *("--preset", "practical-py311-20261027"),
    *("--formatters", "builtin"),
    "--disable-timestamp",
    # Absent and null stay apart: an optional member that may not be null refuses null.
    "--use-missing-sentinel",
    *("--target-pydantic-version", "2.14"),
    *("--base-class", f"{_BASE}.WireModel"),
    # Root models have no base class of ours; this keeps them from converting too.
    *("--strict-types", "str", "int", "float", "bool"),
    *("--empty-enum-field-name", "empty"),
    "--strict-refs",
    "--no-allow-remote-refs",
)


@dataclass(frozen=True, slots=True)
class Models:
    """The text of `models.py`, its classes, and which of them stands for which schema."""

    text: str
    classes: tuple[str, ...]
    by_schema: Mapping[str, str]


def generate_models(contract: Contract, *, base_module: str) -> Models:
    """The models of all named schemas of a contract, which derive from `WireModel` of `base_module`.

    Raises:
        UsageError: the generator is missing, is another version, or refuses the schemas.
    """
    _require_generator()
    slug = contract.source.slug
    if not contract.schemas:
        return Models(f'{_header(slug)}\n"""The document has no schemas."""\n', (), {})
    document = {
        "openapi": "3.1.1",
        "info": {"title": contract.source.title, "version": "1"},
        "paths": {},
        "components": {"schemas": contract.schemas},
    }
    with tempfile.TemporaryDirectory() as folder:
        given, models, metadata = (Path(folder, name) for name in ("document.json", "models.py", "metadata.json"))
        given.write_text(json.dumps(document), encoding="utf-8")
        names = ("--input", given.name, "--output", models.name, "--emit-model-metadata", metadata.name)
        header = ("--custom-file-header", _header(slug))
        filled = {name: f"{_BASE}.FilledModel" for name in contract.schemas if _needs_a_member(contract.schemas[name])}
        bases = ("--base-class-map", json.dumps(filled)) if filled else ()
        # -P: a file in the current folder can not take the place of a module.
        done = subprocess.run(
            [sys.executable, "-P", "-m", "datamodel_code_generator", *names, *header, *bases, *_OPTIONS],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0 or not models.is_file():
            said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise UsageError(f"{contract.source.name}: {GENERATOR} makes no models of its schemas: {said}")
        text = _with_base(models.read_text(encoding="utf-8"), base_module)
        found = json.loads(metadata.read_text(encoding="utf-8"))["models"]
    by_schema = {one["source_path"][2]: one["class_name"] for one in found if len(one["source_path"]) == 3}
    return Models(text, tuple(dict.fromkeys(one["class_name"] for one in found)), by_schema)


def _needs_a_member(schema: object) -> bool:
    """Whether an object may not be empty, which the generator leaves out; more than one member is not enforced."""
    least = schema.get("minProperties", 0) if isinstance(schema, dict) else 0
    return isinstance(least, int) and least > 0


def _with_base(text: str, base_module: str) -> str:
    """The text with what is ours imported from where it is, below the other imports."""
    # pydantic's own takes numbers of seconds for times; the name is a whole line of the import, or a word of it.
    timed = re.sub(r"\bAwareDatetime\b", "DateTime", re.sub(r"^    AwareDatetime,\n", "", text, flags=re.MULTILINE))
    timed = re.sub(r"^(from pydantic import )DateTime(?:, )?", r"\1", timed, flags=re.MULTILINE)
    bare = re.sub(rf"^from {_BASE} import [^\n]*\n", "", timed, flags=re.MULTILINE)
    used = [name for name in ("DateTime", "FilledModel", "WireModel") if re.search(rf"\b{name}\b", bare)]
    if not used:
        return bare
    imports = re.compile(r"^from pydantic import (?:\([^)]*\)|[^\n]*)\n", re.MULTILINE)
    return imports.sub(rf"\g<0>\nfrom {base_module} import {', '.join(used)}\n", bare, count=1)


def _header(slug: str) -> str:
    # A class that extends another may narrow a member, as `allOf` does; pyright takes that for a mistake.
    return (
        f"# Generated by retryspec from the document {slug!r}; do not edit.\n"
        "# pyright: reportIncompatibleVariableOverride=false"
    )


def _require_generator() -> None:
    try:
        version = importlib.metadata.version(GENERATOR)
    except importlib.metadata.PackageNotFoundError as error:
        raise UsageError(f"Generating needs {GENERATOR}: install retryspec[generate].") from error
    if version != GENERATOR_VERSION:
        raise UsageError(
            f"Generating needs {GENERATOR} {GENERATOR_VERSION}, and {version} is installed, which writes other files; "
            "install retryspec[generate] into an environment of its own."
        )
