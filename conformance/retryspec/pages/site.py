"""The static site, which `make docs` writes: references, behaviours, decisions, the command line, and the guides.

It is made of a checkout: the decisions, the guides and the examples are not part of an installed package.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from html import escape
from itertools import groupby
from pathlib import Path
from posixpath import join, normpath
from typing import Any

from retryspec.catalogue import catalogue_json
from retryspec.documents import load_document, slugs
from retryspec.errors import UsageError
from retryspec.pages.contract import REDOC, redoc_bundle, reference_page, written_document
from retryspec.pages.markdown import as_html, inline_html
from retryspec.pages.rendering import rendered
from retryspec.reference.variations import Kind, variations

__all__ = ["pages", "write_site"]

_GUIDES = {
    "checking": ("README.md", "Checking a server"),
    "provider-states": ("docs/provider-states.md", "Provider states"),
    "ci": ("docs/ci.md", "CI"),
}
"""The guides by the names of their pages: where each is below `conformance`, and what it is called."""

_NAVIGATION = [
    ("index.html", "retryspec"),
    *((f"{name}.html", label) for name, (_, label) in _GUIDES.items()),
    ("command-line.html", "Command line"),
]
_TARGET = "target.example.toml"
_PART = re.compile(r"^(Source|Choice|Why|Check):", re.MULTILINE)
_INCLUDED = re.compile(r"^\{\{ (\S+) \}\}$", re.MULTILINE)


def write_site(root: Path, out: Path) -> list[Path]:
    """Write the site of a checkout into a folder, and return the files that were written."""
    written = []
    for name, content in pages(root).items():
        file = out / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        written.append(file)
    return written


def pages(root: Path) -> dict[str, bytes]:
    """Return the files of the site by their paths in it."""
    bundle = redoc_bundle()
    if bundle is None:
        raise UsageError("the reference pages need Redoc: pip install 'retryspec[serve]'")
    found = {f"reference/{REDOC}": bundle, "index.html": _index(), "command-line.html": _command_line()}
    for slug in slugs():
        found[f"openapi/{slug}.yaml"] = written_document(slug)
        page = reference_page(slug, script=REDOC, home="../index.html")
        found[f"reference/{slug}.html"] = page.encode()
        found[f"behaviours/{slug}.html"] = _behaviours(slug)
        found[f"decisions/{slug}.html"] = _decisions(root, slug)
    for name in _GUIDES:
        found[f"{name}.html"] = _guide(root, name)
    found[_TARGET] = (root / "conformance" / _TARGET).read_bytes()
    return found


def _page(template: str, here: str, title: str, **values: object) -> bytes:
    up = "../" * here.count("/")
    return rendered(template, here=here, up=up, title=title, navigation=_NAVIGATION, **values).encode()


def _index() -> bytes:
    documents = [load_document(slug) for slug in slugs()]
    apis = [
        {
            "slug": one.slug,
            "title": one.title,
            "summary": one.content["info"].get("summary", ""),
            "behaviours": len(one.behaviours),
        }
        for one in documents
    ]
    return _page("index.html.j2", "index.html", "Contracts", apis=apis)


def _behaviours(slug: str) -> bytes:
    faulty, lenient = variations(slug, Kind.FAULTY), variations(slug, Kind.LENIENT)
    entries = [
        {
            **entry,
            "says": inline_html(entry["says"]),
            "faulty": [one for one in faulty if entry["id"] in one.behaviours],
            "lenient": [one for one in lenient if one.decision in [f"{slug} {name}" for name in entry["decision"]]],
        }
        for entry in catalogue_json(slug)
    ]
    groups = [(operation, list(some)) for operation, some in groupby(entries, key=lambda entry: entry["operation"])]
    document = load_document(slug)
    title = f"Behaviours of {document.title}"
    return _page("behaviours.html.j2", f"behaviours/{slug}.html", title, document=document, groups=groups)


def _decisions(root: Path, slug: str) -> bytes:
    text = (root / "openapi" / f"{slug}.md").read_text(encoding="utf-8")
    # Lines of one paragraph there, which nobody could tell apart here.
    text = _PART.sub(r"\n**\1**:", text)
    here = f"decisions/{slug}.html"
    return _page("site.html.j2", here, f"Decisions on {load_document(slug).title}", content=as_html(text))


def _guide(root: Path, name: str) -> bytes:
    source, label = _GUIDES[name]
    conformance = root / "conformance"
    parts = _INCLUDED.split((conformance / source).read_text(encoding="utf-8"))
    content = "".join(
        _included(conformance / part) if place % 2 else as_html(part, partial(_on_site, source))
        for place, part in enumerate(parts)
    )
    return _page("site.html.j2", f"{name}.html", label, content=content)


def _included(file: Path) -> str:
    return f'<pre tabindex="0"><code>{escape(file.read_text(encoding="utf-8"))}</code></pre>\n'


def _on_site(source: str, link: str) -> str:
    """Return where a link of a guide leads on the site: to the page that is made of the file."""
    path, mark, anchor = link.partition("#")
    target = normpath(join(source, "..", path)) if path else source
    pages_by_source = {file: f"{name}.html" for name, (file, _) in _GUIDES.items()}
    pages_by_source |= {f"../openapi/{slug}.md": f"decisions/{slug}.html" for slug in slugs()}
    return pages_by_source.get(target, path if "://" in path else target) + mark + anchor


@dataclass(frozen=True, slots=True)
class _Parameter:
    spelled: str
    says: str
    default: str


def _command_line() -> bytes:
    import typer

    from retryspec.cli import app

    context = typer.main.get_command(app)
    commands: Mapping[str, Any] = getattr(context, "commands", {})
    described = [
        {"name": name, "says": " ".join((command.help or "").split()), "parameters": [*map(_parameter, command.params)]}
        for name, command in commands.items()
    ]
    return _page("command_line.html.j2", "command-line.html", "The command line", commands=described)


def _parameter(one: Any) -> _Parameter:
    is_option = one.param_type_name == "option"
    value = "" if getattr(one, "is_flag", False) or not is_option else f" {one.metavar or one.name.upper()}"
    spelled = ", ".join([*one.opts, *one.secondary_opts]) + value if is_option else str(one.metavar or one.name.upper())
    default = getattr(one.default, "value", one.default)
    shown = "" if default in (None, False, ()) or callable(default) else str(default)
    return _Parameter(spelled, getattr(one, "help", "") or "", shown)
