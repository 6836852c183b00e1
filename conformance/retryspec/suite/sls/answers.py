"""An answer of the SLS API, read as far as it can be."""

from dataclasses import dataclass
from typing import Any

from retryspec.exchange import Exchange, Response
from retryspec.suite.sls.model import Page

__all__ = ["Answer", "page_of"]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, read as far as it can be."""

    exchange: Exchange
    response: Response
    body: Any
    """The JSON value of the body; None where there is none."""
    page: Page | None
    """The page, where it has the documented form."""

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

    @property
    def error_message(self) -> str | None:
        """`errorMessage` of an error body."""
        message = self.body.get("errorMessage") if isinstance(self.body, dict) else None
        return message if isinstance(message, str) else None


def page_of(body: Any) -> Page | None:
    """The page in a body; None where it has not the documented form."""
    try:
        return Page.read(body)
    except (KeyError, TypeError, ValueError):
        return None
