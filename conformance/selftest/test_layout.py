"""The layout: imports go one way, and every API has the same name in every place."""

import ast
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
import retryspec
import retryspec_models
from retryspec.documents import load_document, slugs
from retryspec.reference.apis import api_slugs
from retryspec.reference.variations import variations

CODE = Path(retryspec.__file__).parent
MODELS = Path(retryspec_models.__file__).parent

# Nothing in the first may import anything of the second.
APART = {
    "models import nothing of ours": (MODELS, ("retryspec",)),
    "the suite knows neither reference nor models": (CODE / "suite", ("retryspec.reference", "retryspec_models")),
    "the reference knows no suite": (CODE / "reference", ("retryspec.suite", "retryspec.checks", "retryspec.plugin")),
    "the generator knows neither": (CODE / "generate", ("retryspec.suite", "retryspec.reference", "retryspec_models")),
}  # fmt: skip

# The parts that judge, which the suites are built on.
JUDGING = ("checks", "exchange", "shape", "states", "verdicts", "session", "redaction", "target", "plugin", "curl")


def imports_of(file: Path, package: str) -> Iterator[str]:
    """The modules that a file imports, wherever in it, relative ones by their whole name."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def python_files(folder: Path) -> Iterator[tuple[Path, str]]:
    """Every module below a folder with the package it is in."""
    for file in sorted(folder.rglob("*.py")):
        yield file, ".".join([folder.parent.name, *file.parent.relative_to(folder.parent).parts])


def inside(module: str, package: str) -> bool:
    """Whether a module is a package or in it."""
    return module == package or module.startswith(f"{package}.")


@pytest.mark.parametrize(("folder", "others"), APART.values(), ids=APART)
def test_imports_go_one_way(folder: Path, others: tuple[str, ...]) -> None:
    """No part reaches into one that must not know it."""
    found = [
        f"{file.name}: {module}"
        for file, package in python_files(folder)
        for module in imports_of(file, package)
        if any(inside(module, other) for other in others)
    ]

    assert list(python_files(folder))
    assert found == []


@pytest.mark.parametrize("name", JUDGING)
def test_judging_knows_no_server(name: str) -> None:
    """What judges a server uses neither our server nor our models."""
    modules = list(imports_of(CODE / f"{name}.py", "retryspec"))

    assert [m for m in modules if inside(m, "retryspec.reference") or inside(m, "retryspec_models")] == []


@pytest.mark.parametrize("slug", slugs())
def test_suites_are_apart(slug: str) -> None:
    """The suite of one API uses nothing of another one's."""
    others = [f"retryspec.suite.{other}" for other in slugs() if other != slug]
    modules = {m for file, package in python_files(CODE / "suite" / slug) for m in imports_of(file, package)}

    assert [module for module in modules if any(inside(module, other) for other in others)] == []


def test_every_api_has_one_name() -> None:
    """Documents, models, suite and reference server have the same APIs."""
    suites = {folder.parent.name for folder in (CODE / "suite").glob("*/__init__.py")}
    models = {folder.parent.name for folder in MODELS.glob("*/models.py")}

    assert suites == set(slugs())
    assert models == set(slugs())
    assert set(api_slugs()) == set(slugs())


@pytest.mark.parametrize("slug", slugs())
def test_every_api_is_whole(slug: str) -> None:
    """An API has models, stubs and its document; a suite with one fixture, and a reference server."""
    for name in ("__init__.py", "models.py", "stubs.py", "openapi.json"):
        assert (MODELS / slug / name).is_file()
    for name in ("__init__.py", "conftest.py"):
        assert (CODE / "suite" / slug / name).is_file()
    assert (CODE / "reference" / slug / "__init__.py").is_file()


def test_faulty_servers_break_what_there_is() -> None:
    """Every faulty server names behaviours of its API's document, none of which is unobservable."""
    for variation in variations():
        behaviours = load_document(variation.slug).behaviours
        for name in variation.behaviours:
            assert name in behaviours, f"{variation.name}: {name}"
            assert not behaviours[name].unobservable, f"{variation.name}: {name}"


def test_package_holds_what_is_read_from_it() -> None:
    """The files that are no modules are in the package."""
    assert files("retryspec.report").joinpath("report.schema.json").is_file()
    assert files("retryspec").joinpath("py.typed").is_file()
