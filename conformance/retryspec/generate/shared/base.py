"""The base classes of all generated models: what is read is what stands in the document, without conversions."""

import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, model_validator

__all__ = ["DateTime", "FilledModel", "WireModel"]

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE)


def _as_written_in_rfc_3339(value: Any) -> Any:
    # pydantic alone takes "5" for a number of seconds.
    if not isinstance(value, str):
        return value
    if not _RFC_3339.fullmatch(value):
        raise ValueError("a time is written as RFC 3339 says, such as 2026-01-31T23:59:59Z")
    return datetime.fromisoformat(value.upper())


DateTime = Annotated[AwareDatetime, BeforeValidator(_as_written_in_rfc_3339)]
"""A `date-time` of JSON Schema."""


class WireModel(BaseModel):
    """A model that converts nothing: the text "5" is not a number, and an absent member is not a null one."""

    model_config = ConfigDict(strict=True)


class FilledModel(WireModel):
    """A model of an object that has at least one member, known or not."""

    @model_validator(mode="before")
    @classmethod
    def _has_a_member(cls, data: Any) -> Any:
        if isinstance(data, dict) and not data:
            raise ValueError("the object has to have a member")
        return data
