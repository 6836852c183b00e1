"""What the `[vcf]` table of a target file says."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from retryspec.documents import Document
from retryspec.suite.vcf.model import Meaning, meaning_of
from retryspec.target import Claim, Table, read_claim

__all__ = ["CANCEL", "VcfTarget", "read_vcf_target"]

CANCEL = "cancelTask"
"""The vendor's operation that is outside the document; it is called where a target claims it (vcf R-08)."""


@dataclass(frozen=True, slots=True)
class VcfTarget:
    """A server of the VCF API and how to call it."""

    claim: Claim
    username: str | None
    password: str | None
    token: str | None
    """An access token to use as it is, in place of signing in."""
    requires_auth: bool
    tasks: Mapping[Meaning, tuple[str, ...]]
    """Known task ids by what their status means."""


def read_vcf_target(table: Table, document: Document) -> VcfTarget:
    """Read the table.

    Raises:
        UsageError: a key is missing, wrong or unknown.
    """
    claim = read_claim(table, operations=frozenset(document.operations) | {CANCEL})
    if table.texts("operations") is None:
        claim = replace(claim, operations=claim.operations - {CANCEL})
    tasks: dict[Meaning, tuple[str, ...]] = {}
    for status, ids in table.texts_map("tasks").items():
        meaning = meaning_of(status)
        if meaning is None:
            raise table.wrong("tasks", f"has the status {status!r}; known are: {', '.join(Meaning)}")
        tasks[meaning] = (*tasks.get(meaning, ()), *ids)
    target = VcfTarget(
        claim=claim,
        username=table.text("username"),
        password=table.secret("password"),
        token=table.secret("token"),
        requires_auth=table.flag("requires_auth", False),
        tasks=tasks,
    )
    table.finish()
    if (target.username is None) != (target.password is None):
        raise table.wrong("username", "and password belong together: give both, or a token")
    if target.token is None and target.username is None:
        raise table.wrong("username", "is missing; give username and password, or a token")
    if target.token is not None and not (target.token.isascii() and target.token.isprintable() and target.token):
        raise table.wrong("token", "cannot be written as an HTTP header")
    return target
