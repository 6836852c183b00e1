"""Reading a document: YAML 1.2 as JSON sees it, so that the same file means the same to every reader.

PyYAML follows YAML 1.1, in which `no` is false, `12:30` is a number and `2015-11-11` is a date; none of that has a
counterpart in JSON, which an OpenAPI document has to be expressible in.
"""

import json
import keyword
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retryspec.errors import UsageError
from retryspec.outside import read_outside

if TYPE_CHECKING:
    import yaml

__all__ = ["MOST_BYTES", "MOST_VALUES", "Source", "parse_document", "read_source"]

MOST_BYTES = 4 * 1024 * 1024
MOST_VALUES = 500_000
"""Bytes of a file and values of a document that are read; ours have a hundredth of that."""

_SLUG = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Source:
    """A document and the name of the package that is generated from it."""

    slug: str
    name: str
    """What messages call it."""
    content: Mapping[str, Any]

    @property
    def title(self) -> str:
        """What the document calls its API."""
        return str(self.content.get("info", {}).get("title", self.slug))

    @property
    def as_json(self) -> str:
        """The document as `openapi.json` holds it."""
        return json.dumps(self.content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def read_source(path: Path) -> Source:
    """The document in a file.

    Raises:
        UsageError: the file cannot be read, is no OpenAPI 3.1 document, or has no name for a package.
    """
    return make_source(slug_of(path), str(path), _load(path))


def make_source(slug: str, name: str, content: object) -> Source:
    """A document that has been read already, once it is known to be one."""
    if not isinstance(content, dict) or "openapi" not in content:
        raise UsageError(f"{name} is not an OpenAPI document: it has no member `openapi`.")
    version = content["openapi"]
    if not re.fullmatch(r"3\.1\.\d+", str(version)):
        raise UsageError(f"{name} is OpenAPI {version}; retryspec reads 3.1 only.")
    if not isinstance(content.get("paths"), dict) or not content["paths"]:
        raise UsageError(f"{name} has no paths, so there is nothing to generate.")
    return Source(slug, name, content)


def slug_of(path: Path) -> str:
    """The name of the package: the file's name without its endings, in lower case, with `_` for `-`, `.` and blanks."""
    slug = re.sub(r"[-. ]+", "_", path.name.removesuffix(path.suffix)).lower()
    if not _SLUG.fullmatch(slug) or keyword.iskeyword(slug):
        raise UsageError(f"{path}: no package can be called {slug!r}; rename the file to letters, digits and `_`.")
    return slug


def _load(path: Path) -> object:
    return parse_document(str(path), read_outside(path, "document", MOST_BYTES))


def parse_document(name: str, raw: bytes) -> object:
    """The values of a document; nothing is known about their shape but that JSON can express them.

    Raises:
        UsageError: it is no YAML, or more than anybody writes.
    """
    try:
        import yaml
    except ImportError as error:
        raise UsageError("Reading a document needs PyYAML: install retryspec[generate].") from error

    if len(raw) > MOST_BYTES:
        raise UsageError(f"{name} cannot be read: it is longer than {MOST_BYTES} bytes.")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{name} cannot be read: {error}.") from error
    try:
        content = yaml.load(text, _core_loader())
        if _is_large(content):
            raise UsageError(f"{name} cannot be read: with its aliases it has more than {MOST_VALUES} values.")
        json.dumps(content, allow_nan=False)
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise UsageError(f"{name} cannot be read as YAML: {' '.join(str(error).split())}") from error
    return content


def _is_large(content: object) -> bool:
    """Whether a document is more than anybody writes: aliases within aliases grow without an end."""
    waiting, seen = [content], 0
    while waiting and seen <= MOST_VALUES:
        value = waiting.pop()
        seen += 1
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return seen > MOST_VALUES


def _core_loader() -> "type[yaml.SafeLoader]":
    """PyYAML's safe loader with the scalars of YAML 1.2's core schema, and no key twice."""
    import yaml

    class CoreLoader(yaml.SafeLoader):
        pass

    CoreLoader.yaml_implicit_resolvers = {}
    scalars = (
        ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
        ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
        ("int", r"[-+]?[0-9]+", list("-+0123456789")),
        ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", list("-+.0123456789")),
    )
    for name, pattern, first in scalars:
        CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{name}", re.compile(rf"(?:{pattern})\Z"), first)

    def mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(loader.construct_object(key_node, deep=True))
            if key in found:
                problem = f"the key {key!r} stands twice"
                raise yaml.constructor.ConstructorError(None, None, problem, key_node.start_mark)
            found[key] = loader.construct_object(value_node, deep=True)
        return found

    def integer(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int:
        return int(loader.construct_scalar(node))

    def fraction(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> float:
        return float(loader.construct_scalar(node))

    CoreLoader.add_constructor("tag:yaml.org,2002:map", mapping)
    CoreLoader.add_constructor("tag:yaml.org,2002:int", integer)
    CoreLoader.add_constructor("tag:yaml.org,2002:float", fraction)
    return CoreLoader
