"""An answer of the VCF API, read as far as it can be."""

from dataclasses import dataclass
from typing import Any

from retryspec.exchange import Exchange, Response
from retryspec.suite.vcf.model import Page, Task

__all__ = ["Answer"]


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
