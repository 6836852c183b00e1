"""An answer of an Ops Manager server, read as far as it can be."""

from dataclasses import dataclass
from typing import Any

from retryspec.exchange import Exchange, Response
from retryspec.suite.opsmanager.model import Job, Page

__all__ = ["Answer"]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, read as far as it can be."""

    exchange: Exchange
    response: Response
    body: Any
    """The JSON value of the body; None where there is none."""
    job: Job | None = None
    """The job, where it is one."""
    page: Page | None = None
    """The page, where it is one."""
    moved: bool = False
    """A refused retry of a job that has not failed any longer, though this run has not retried it.

    That may be so by itself where nothing is promised; otherwise it was said to be a fault, and is no further one.
    """

    @property
    def fine(self) -> bool:
        """Whether it is a success, or a refusal for which the server cannot be blamed."""
        return self.accepted or self.moved

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.response.status

    @property
    def accepted(self) -> bool:
        """Whether it is a success; that the status is just 200 is looked at in every exchange."""
        return 200 <= self.status < 300

    @property
    def refused(self) -> bool:
        """Whether it is a refusal."""
        return 400 <= self.status < 500

    @property
    def error_code(self) -> str | None:
        """`errorCode` of an error body."""
        code = self.body.get("errorCode") if isinstance(self.body, dict) else None
        return code if isinstance(code, str) else None
