"""One page for the review of a contract: what the documents of the working tree change since a revision.

    python -m retryspec.diff.review [REVISION]

Without a revision it is the last tag, or the last commit where there is no tag. The page is Markdown.
"""

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from retryspec.catalogue import checks_by_behaviour
from retryspec.diff import Change, compare, read_version
from retryspec.diff.reading import Version
from retryspec.diff.render import as_markdown, code
from retryspec.diff.statements import statements
from retryspec.document_lints import lint
from retryspec.document_lints.source import Source
from retryspec.documents import slugs
from retryspec.errors import RetryspecError, UsageError
from retryspec.reference.variations import variations

__all__ = ["main", "review"]

_GIT_SECONDS = 20
_HEADING = re.compile(r"^### ([A-Z]+-?\d+[a-z]?):? (.*)$", re.MULTILINE)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the page; 1 where something breaks or a lint objects, 2 where it cannot be made."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        page, is_clean = review(Path("openapi"), words[0] if words else None)
    except RetryspecError as error:
        sys.stderr.write(f"review: {error}\n")
        return error.exit_code
    sys.stdout.write(page)
    return 0 if is_clean else 1


def review(folder: Path, revision: str | None = None) -> tuple[str, bool]:
    """The page, and whether nothing breaks and no lint objects.

    Raises:
        UsageError: there is no such revision, or a document cannot be read.
    """
    base = revision or _last_tag()
    pages = [_Review(folder, slug, base) for slug in slugs()]
    head = f"## Contract review: the working tree against {code(base)}\n"
    return "\n".join([head, *(page.text for page in pages)]), all(page.is_clean for page in pages)


class _Review:
    """The part of the page about one API."""

    def __init__(self, folder: Path, slug: str, base: str) -> None:
        self.slug = slug
        self.file = folder / f"{slug}.yaml"
        self.base = base
        self.old = _version_at(base, self.file)
        self.new = read_version(str(self.file))
        self.changes: list[Change] = [] if self.old is None else compare(self.old, self.new)
        self.findings = [str(each) for each in lint(self.file)]
        self.is_clean = not self.findings and not any(change.is_break for change in self.changes)
        self.text = "\n".join([*self._diff(), *self._lints(), *self._behaviours(), *self._decisions(), ""])

    def _diff(self) -> Iterator[str]:
        if self.old is None:
            yield f"### Contract: {code(str(self.file))} is new\n"
        else:
            yield as_markdown(self.changes, self.old.name, self.new.name)

    def _lints(self) -> Iterator[str]:
        yield "#### Lints and examples\n"
        source = Source(self.file)
        shown = sum(
            ("example" in node.value) + len(node.value.get("examples", ()))
            for node in source.of_kind("parameter", "header", "media", "schema")
        )
        yield f"- {shown} examples were held against their schemas."
        yield from (f"- {code(finding)}" for finding in self.findings)
        if not self.findings:
            yield "- The lints have no objection."

    def _behaviours(self) -> Iterator[str]:
        after = statements(self.new)
        before = {} if self.old is None else statements(self.old)
        touched = [name for name in after if before.get(name) is None or before[name].entry != after[name].entry]
        gone = [name for name in before if name not in after]
        yield "\n#### Behaviours\n"
        if not touched and not gone:
            yield "None was added, changed or taken out."
            return
        checks = checks_by_behaviour(self.slug)
        faulty = {name: [one.name for one in variations() if name in one.behaviours] for name in touched}
        yield "| id | | level | says | checks | faulty servers |"
        yield "|---|---|---|---|---|---|"
        for name in touched:
            new = after[name]
            seen = "unobservable" if new.entry.get("unobservable") else str(len(checks.get(name, ())) or "**none**")
            broken = "" if new.entry.get("unobservable") else str(len(faulty[name]) or "**none**")
            what = "changed" if name in before else "new"
            says = new.says.replace("|", "\\|")
            yield f"| {name} | {what} | {new.level} | {says} | {seen} | {broken} |"
        yield from (f"| {name} | gone | {before[name].level} | {before[name].says} | | |" for name in gone)

    def _decisions(self) -> Iterator[str]:
        file = self.file.with_suffix(".md")
        old = _decisions(_text_at(self.base, file) or "")
        new = _decisions(file.read_text(encoding="utf-8") if file.is_file() else "")
        changed = {name: text for name, text in new.items() if old.get(name) != text}
        yield "\n#### Decisions touched\n"
        for name, (title, _) in changed.items():
            yield f"- {self.slug} {name} ({'changed' if name in old else 'new'}): {title}"
        yield from (f"- {self.slug} {name} (gone): {old[name][0]}" for name in old if name not in new)
        cited = {each for name, one in statements(self.new).items() if self._is_touched(name) for each in one.decisions}
        if cited - changed.keys():
            yield f"- cited by behaviours that changed: {', '.join(sorted(cited - changed.keys()))}"
        elif not changed and old.keys() <= new.keys():
            yield "None."

    def _is_touched(self, name: str) -> bool:
        return any(change.place == f"x-behaviours {name}" for change in self.changes)


def _decisions(text: str) -> dict[str, tuple[str, str]]:
    """Title and text of every decision by its id."""
    headings = list(_HEADING.finditer(text))
    ends = [*(each.start() for each in headings[1:]), len(text)]
    return {
        each[1]: (each[2].strip(), " ".join(text[each.end() : end].split()))
        for each, end in zip(headings, ends, strict=True)
    }


def _version_at(base: str, file: Path) -> Version | None:
    """The document in a revision; None where it is not there yet."""
    return None if _text_at(base, file) is None else read_version(f"{base}:./{file}")


def _last_tag() -> str:
    said = _git("describe", "--tags", "--abbrev=0")
    return said.strip() if said is not None else "HEAD"


def _text_at(base: str, file: Path) -> str | None:
    if _git("rev-parse", "--verify", "--quiet", f"{base}^{{commit}}") is None:
        raise UsageError(f"{base} is no revision of this repository.")
    return _git("cat-file", "blob", f"{base}:./{file}")


def _git(*words: str) -> str | None:
    """What git says; None where it fails."""
    try:
        done = subprocess.run(
            ["git", *words], stdin=subprocess.DEVNULL, capture_output=True, timeout=_GIT_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"git is needed, and did not answer: {error}") from error
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None


if __name__ == "__main__":
    sys.exit(main())
