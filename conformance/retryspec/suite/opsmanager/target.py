"""What the `[opsmanager]` table of a target file says."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from retryspec.documents import Document
from retryspec.suite.opsmanager.model import Status
from retryspec.target import Claim, Table, read_claim

__all__ = ["OpsManagerTarget", "read_opsmanager_target"]


@dataclass(frozen=True, slots=True)
class OpsManagerTarget:
    """A server of the Ops Manager API and how to call it."""

    claim: Claim
    public_key: str
    private_key: str
    group_id: str | None
    """A project whose jobs may be looked at, and retried where they are named."""
    jobs: Mapping[Status, tuple[str, ...]]
    """Known job ids by status."""


def read_opsmanager_target(table: Table, document: Document) -> OpsManagerTarget:
    """Read the table.

    Raises:
        UsageError: a key is missing, wrong or unknown.
    """
    claim = read_claim(table, operations=frozenset(document.operations))
    jobs: dict[Status, tuple[str, ...]] = {}
    for status, ids in table.texts_map("jobs").items():
        if status not in Status.__members__:
            raise table.wrong("jobs", f"has the status {status!r}; known are: {', '.join(Status)}")
        jobs[Status(status)] = ids
    target = OpsManagerTarget(
        claim=claim,
        public_key=table.required("public_key"),
        private_key=table.required_secret("private_key"),
        group_id=table.text("group_id"),
        jobs=jobs,
    )
    table.finish()
    if not target.public_key.isprintable() or not target.public_key.isascii() or not target.public_key:
        raise table.wrong("public_key", "cannot be written as an HTTP header")
    if target.group_id is not None and not re.fullmatch("[0-9a-fA-F]{24}", target.group_id):
        raise table.wrong("group_id", "has to be the id of a project, of 24 hexadecimal digits")
    if claim.states_url is None and target.group_id is None:
        raise table.wrong("states_url", "is missing; without it a group_id is needed")
    return target
