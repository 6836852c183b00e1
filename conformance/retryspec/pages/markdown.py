"""Markdown as HTML: what people write for the site and in the decisions, with headings that can be linked to."""

import re
from collections.abc import Callable
from itertools import count, pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

__all__ = ["anchor_of", "as_html", "inline_html"]

# A decision's heading begins with its id, and everything cites it by that.
_DECISION = re.compile(r"([A-Z]-?\d+):")

_reader = MarkdownIt("commonmark", {"html": False}).enable("table")


def as_html(text: str, address: Callable[[str], str] = str) -> str:
    """Return Markdown as HTML; raw HTML in it is text.

    Args:
        text: The Markdown.
        address: Returns where a link leads, given where it leads in the text.
    """
    tokens = _reader.parse(text)
    for token, content in pairwise(tokens):
        if token.type == "heading_open":
            token.attrSet("id", anchor_of(content.content))
    for token in tokens:
        _readdress(token, address)
    return _scrolling(str(_reader.renderer.render(tokens, _reader.options, {})))


def inline_html(text: str) -> str:
    """Return one sentence of Markdown as HTML."""
    return str(_reader.renderInline(text))


def anchor_of(heading: str) -> str:
    """Return the id of a heading: that of the decision which it names, or its words."""
    decision = _DECISION.match(heading)
    return decision[1] if decision else re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")


def _scrolling(made: str) -> str:
    """Return HTML in which what can be wider than a window is scrolled by itself, also with keys."""
    numbers = count(1)

    def region(_: re.Match[str]) -> str:
        return f'<div class="scroll" tabindex="0" role="region" aria-label="Table {next(numbers)}"><table>'

    made = re.sub("<table>", region, made).replace("</table>", "</table></div>")
    return made.replace("<pre>", '<pre tabindex="0">')


def _readdress(token: Token, address: Callable[[str], str]) -> None:
    href = token.attrGet("href")
    if isinstance(href, str):
        token.attrSet("href", address(href))
    for child in token.children or []:
        _readdress(child, address)
