"""What the Ops Manager server may refuse, with the status, code and text of each (page "api-error-codes").

Texts are examples and no part of the contract (opsmanager R-21); status and code are.
"""

from dataclasses import dataclass

__all__ = [
    "BODY_TOO_LARGE",
    "GROUP_ID_INVALID",
    "GROUP_UNKNOWN",
    "INTERNAL",
    "JOB_ID_INVALID",
    "JOB_UNKNOWN",
    "METHOD_INVALID",
    "NOT_FAILED",
    "PATH_UNKNOWN",
    "QUERY_INVALID",
    "UNAUTHORIZED",
    "Fault",
]


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason for a refusal."""

    status: int
    code: str | None
    """None where the tables have no code."""
    text: str
    named: tuple[str, ...] = ()
    """The values in the text that `parameters` repeats."""


# Replies of this kind have neither a code nor parameters (opsmanager R-08).
UNAUTHORIZED = Fault(401, None, "This resource needs a key pair that may use it.")

GROUP_ID_INVALID = Fault(
    404, "INVALID_GROUP_ID", "An id of a project has 24 hexadecimal digits, and {group} has not.", ("group",)
)
GROUP_UNKNOWN = Fault(404, "GROUP_NOT_FOUND", "There is no project {group}.", ("group",))
JOB_ID_INVALID = Fault(
    404,
    "INVALID_LOG_COLLECTION_JOB_ID",
    "An id of a log collection job has 24 hexadecimal digits, and {job} has not.",
    ("job",),
)
JOB_UNKNOWN = Fault(
    404,
    "LOG_COLLECTION_JOB_NOT_FOUND_IN_GROUP",
    "The project {group} has no log collection job {job}.",
    ("group", "job"),
)
NOT_FAILED = Fault(400, "ONLY_FAILED_JOB_CAN_BE_RESTARTED", "Only a job in the state FAILURE can be run again.")
QUERY_INVALID = Fault(400, "INVALID_QUERY_PARAMETER", "The query parameter {name} is invalid: {detail}", ("name",))
# Bodies are passed over (opsmanager A10), but none is read without end.
BODY_TOO_LARGE = Fault(400, "INVALID_JSON", "The request body is too long.")
PATH_UNKNOWN = Fault(404, "RESOURCE_NOT_FOUND", "There is nothing at {path}.", ("path",))
# The tables of codes have none for it (opsmanager R-22).
METHOD_INVALID = Fault(405, None, "The method {method} is not supported here.", ("method",))
INTERNAL = Fault(500, "UNEXPECTED_ERROR", "Something went wrong in the server.")
