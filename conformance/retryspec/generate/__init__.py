"""Models, stubs and `openapi.json` from OpenAPI documents.

    generate(documents, out)    the documents of this repository, into <out>/retryspec_models/<slug>/
    run(out, documents)         for a user: one self-contained package per document, <out>/<slug>/
    differences(root)           how the generated files of a checkout differ from what its documents give

The command line and `make` call these; nothing is generated at import.
"""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from retryspec.errors import UsageError
from retryspec.generate.apis import APIS
from retryspec.generate.packages import MODELS_PACKAGE, differences_of, own_package, shared_package, write_package
from retryspec.generate.source import Source, make_source, read_source

__all__ = ["differences", "generate", "regenerate", "run"]


def generate(documents: Sequence[Path], out: Path) -> list[Path]:
    """Writes one package for all documents, `<out>/retryspec_models`, and says which folder it wrote."""
    package = out / MODELS_PACKAGE
    write_package(package, shared_package([read_source(document) for document in documents]))
    return [package]


def run(out: Path, documents: Sequence[Path] = ()) -> list[Path]:
    """Writes packages for a user and says which folders it wrote.

    Each document gives a package of its own, `<out>/<slug>`, where the slug is the file's name without its ending, in
    lower case and with `_` for what a module's name cannot have. Without documents retryspec's own are taken, as one
    package `<out>/retryspec_models`.
    """
    if not documents:
        package = out / MODELS_PACKAGE
        write_package(package, shared_package([_installed(slug) for slug in APIS]))
        return [package]
    sources = [read_source(document) for document in documents]
    slugs = [source.slug for source in sources]
    if len(set(slugs)) < len(slugs):
        raise UsageError(f"Two documents would give the same package; rename one of {', '.join(map(str, documents))}.")
    packages = {out / source.slug: own_package(source) for source in sources}
    for folder, wanted in packages.items():
        write_package(folder, wanted)
    return list(packages)


def regenerate(root: Path) -> list[Path]:
    """Writes `generated/` of a checkout from its documents."""
    return generate(_documents(root), root / "generated")


def differences(root: Path) -> list[str]:
    """How `generated/` of a checkout differs from what its documents give: a line for each file, or nothing."""
    wanted = shared_package([read_source(document) for document in _documents(root)])
    return differences_of(root / "generated" / MODELS_PACKAGE, wanted)


def _documents(root: Path) -> list[Path]:
    return [root / document for document in APIS.values()]


def _installed(slug: str) -> Source:
    """One of retryspec's own documents, from the installed package."""
    import json

    path = files(MODELS_PACKAGE) / slug / "openapi.json"
    return make_source(slug, str(path), json.loads(path.read_text(encoding="utf-8")))
