"""What a request asked for, and the first look at the body that came back."""

import re
from dataclasses import dataclass
from typing import Any

from retryspec.checks import Judge
from retryspec.exchange import Exchange, Response

__all__ = ["GET", "LIST", "RETRY", "Asked", "is_int", "is_refusal", "is_wrapped", "look_at_white_space"]

RETRY = "retryLogCollectionJob"
GET = "getLogCollectionJob"
LIST = "getLogCollectionJobs"

MOST_LOOKED_AT = 64 * 1024
"""Bytes of a body whose white space is looked at."""

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asked for, as far as its answer can be held against it."""

    group_id: str | None = None
    job_id: str | None = None
    """The ids, where they are ones as they were given."""
    envelope: bool | None = False
    pretty: bool | None = False
    """None, here and below, where the request says it in words of its own."""
    verbose: bool | None = False
    page: int | None = 1
    size: int | None = 100
    sound: bool = True
    """Whether everything in it is valid, so that each undocumented status is a fault."""
    stranger: bool = False
    """Whether it has no credentials at all."""
    about: str | None = None
    """What a fault of the server speaks against; by default that the operation succeeds."""
    fault_expected: bool = False


def is_wrapped(body: dict[str, Any]) -> bool:
    """Whether a body is an envelope around something else."""
    status = body.get("status")
    return isinstance(status, int) and not isinstance(status, bool) and ("content" in body or "envelope" in body)


def is_int(value: Any, wanted: int) -> bool:
    """Whether a value is just this integer."""
    return isinstance(value, int) and not isinstance(value, bool) and value == wanted


def is_refusal(value: Any) -> bool:
    """Whether a value is the status of an error."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 400


def look_at_white_space(judge: Judge, exchange: Exchange, response: Response, *, pretty: bool) -> None:
    """Look at the white space of a body, which only `pretty` asks for."""
    bare = _STRING.sub('""', response.body[:MOST_LOOKED_AT].decode("utf-8", "replace").strip())
    if not bare.startswith(("{", "[")):
        return
    holds = "\n " in bare or "\n\t" in bare if pretty else not re.search(r"\s", bare)
    judge.expect(
        "OM-COMMON-24",
        holds,
        exchange,
        expected="line breaks and indentation with pretty=true" if pretty else "no needless white space",
        strict=False,
        conclusive=True,
    )
