"""How a page is made of a template: everything that is put in is escaped, and every page has the same style."""

from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined

__all__ = ["read_template", "rendered"]

_FOLDER = "templates"


def rendered(template: str, **values: object) -> str:
    """Return a page; in a template whose name ends in `.html.j2` all values are escaped."""
    return _environment().get_template(template).render(values)


def read_template(name: str) -> str:
    """Return a file of the templates as it is."""
    return (files("retryspec.pages") / _FOLDER / name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("retryspec.pages", _FOLDER),
        autoescape=lambda name: name is not None and name.endswith(".html.j2"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["style"] = read_template("style.css")
    environment.filters["tone"] = _tone
    return environment


def _tone(state: str) -> str:
    """Return how a state is coloured; its name says the same."""
    words = state.lower()
    if "fail" in words:
        return "bad"
    if words.startswith("success"):
        return "good"
    if words in ("running", "in_progress", "pending"):
        return "busy"
    return "plain"
