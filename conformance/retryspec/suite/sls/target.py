"""What the `[sls]` table of a target file says."""

from collections.abc import Mapping
from dataclasses import dataclass

from retryspec.documents import Document
from retryspec.target import Claim, Table, read_claim

__all__ = ["SlsTarget", "read_sls_target"]


@dataclass(frozen=True, slots=True)
class SlsTarget:
    """A server of the SLS API and how to call it."""

    claim: Claim
    endpoint: str
    """Host is `<project>.<endpoint>`."""
    access_key_id: str
    access_key_secret: str
    verifies_signatures: bool
    project: str | None
    logstore: str | None
    shipper: str | None
    tasks: Mapping[str, tuple[str, ...]]
    """Known task ids by status."""


def read_sls_target(table: Table, document: Document) -> SlsTarget:
    """Read the table.

    Raises:
        UsageError: a key is missing, wrong or unknown.
    """
    claim = read_claim(table, operations=frozenset(document.operations))
    tasks = table.texts_map("tasks")
    for status in tasks:
        if status not in ("running", "success", "fail"):
            raise table.wrong("tasks", f"has the status {status!r}; known are: fail, running, success")
    target = SlsTarget(
        claim=claim,
        endpoint=table.text("endpoint") or claim.origin.hostname or "",
        access_key_id=table.required("access_key_id"),
        access_key_secret=table.required_secret("access_key_secret"),
        verifies_signatures=table.flag("verifies_signatures", True),
        project=table.text("project"),
        logstore=table.text("logstore"),
        shipper=table.text("shipper"),
        tasks=tasks,
    )
    table.finish()
    if claim.states_url is None and not (target.project and target.logstore and target.shipper):
        raise table.wrong("states_url", "is missing; without it project, logstore and shipper are needed")
    return target
