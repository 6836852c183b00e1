"""The front page of a reference server: what it serves, with ids to try and commands to paste."""

from collections.abc import Sequence
from html import escape

from retryspec.reference.apis import Introduction

__all__ = ["front_page"]

PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>retryspec reference server</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }}
pre {{ background: #f4f4f4; overflow-x: auto; padding: 0.8rem; }}
th {{ font-weight: 600; padding-right: 1rem; text-align: left; vertical-align: top; }}
td {{ font-family: monospace; overflow-wrap: anywhere; }}
@media (prefers-color-scheme: dark) {{
  body {{ background: #161616; color: #eee; }}
  pre {{ background: #262626; }}
}}
</style>
</head>
<body>
<h1>retryspec reference server</h1>
{notes}
{sections}
</body>
</html>
"""


def front_page(introductions: Sequence[Introduction], notes: Sequence[str]) -> str:
    """Return the page as HTML."""
    return PAGE.format(
        notes="\n".join(f"<p>{escape(note)}</p>" for note in notes),
        sections="\n".join(_section(introduction) for introduction in introductions),
    )


def _section(introduction: Introduction) -> str:
    rows = "\n".join(
        f'<tr><th scope="row">{escape(label)}</th><td>{escape(text)}</td></tr>' for label, text in introduction.facts
    )
    commands = "\n".join(
        f"<h3>{escape(what)}</h3>\n<pre><code>{escape(command)}</code></pre>" for what, command in introduction.commands
    )
    return f"<section>\n<h2>{escape(introduction.title)}</h2>\n<table>\n{rows}\n</table>\n{commands}\n</section>"
