"""An answer of the VCF API, read as far as it can be."""

from dataclasses import dataclass
from typing import Any

from retryspec.exchange import Exchange, Response
from retryspec.shape import BadJson, parse_json
from retryspec.suite.vcf.model import Page, Task

__all__ = ["Answer", "json_or_none"]

DEEPEST = 100
"""Levels of a body that are read; an answer of more than that is no task that anybody can use."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, read as far as it can be."""

    exchange: Exchange
    response: Response
    body: Any
    """The JSON value of the body; None where there is none."""
    task: Task | None = None
    """The task, where it is one."""
    page: Page | None = None
    """The page, where it is one."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.response.status

    @property
    def accepted(self) -> bool:
        """Whether it is a success; that the status is the documented one is looked at in every exchange."""
        return 200 <= self.status < 300

    @property
    def refused(self) -> bool:
        """Whether it is a refusal."""
        return 400 <= self.status < 500


def json_or_none(response: Response) -> Any:
    """The value of a body that is JSON, or None."""
    try:
        body = parse_json(response.body) if response.body else None
    except BadJson:
        return None
    return None if _is_too_deep(body) else body


def _is_too_deep(body: Any) -> bool:
    level = [body]
    for _ in range(DEEPEST):
        level = [
            inner
            for value in level
            if isinstance(value, dict | list)
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
        if not level:
            return False
    return True
