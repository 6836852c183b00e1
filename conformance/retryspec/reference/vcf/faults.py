"""What the VCF server may refuse, with the status, code and text of each.

Status and type are the contract's; codes and texts are ours, since no source has them (vcf R-12), but for the one that
the vendor's Python client looks for (vcf A16).
"""

from dataclasses import dataclass

__all__ = [
    "BODY_INVALID",
    "BODY_TOO_LARGE",
    "CREDENTIALS_MISSING",
    "CREDENTIALS_WRONG",
    "INTERNAL",
    "METHOD_INVALID",
    "PARAMETER_INVALID",
    "PATH_UNKNOWN",
    "REFRESH_TOKEN_EXPIRED",
    "REFRESH_TOKEN_UNKNOWN",
    "TASK_NOT_FAILED",
    "TASK_NOT_RETRYABLE",
    "TASK_UNKNOWN",
    "TOKEN_MISSING",
    "TOKEN_WRONG",
    "Fault",
]


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason for a refusal."""

    status: int
    code: str
    text: str
    remedy: str


TASK_UNKNOWN = Fault(404, "TASK_NOT_FOUND", "There is no task {id}.", "Look for the task among all tasks.")
TASK_NOT_FAILED = Fault(
    409, "TASK_NOT_RETRYABLE", "Task {id} cannot be retried, for it is {status}.", "Only a failed task can be retried."
)
TASK_NOT_RETRYABLE = Fault(
    409, "TASK_NOT_RETRYABLE", "Task {id} is {status} and cannot be retried.", "Start the work anew."
)

# The code is the one at which the vendor's Python client refreshes its token.
TOKEN_MISSING = Fault(401, "Unauthorized", "The request has no access token.", "Sign in, and send the token as Bearer.")
TOKEN_WRONG = Fault(401, "Unauthorized", "The access token is not valid.", "Sign in, or refresh the access token.")
CREDENTIALS_WRONG = Fault(
    401, "BAD_CREDENTIALS", "The user name or the password is wrong.", "Sign in with other credentials."
)
CREDENTIALS_MISSING = Fault(
    400, "BAD_REQUEST", "The request has no user name or no password.", "Send username and password."
)
REFRESH_TOKEN_EXPIRED = Fault(401, "REFRESH_TOKEN_EXPIRED", "The refresh token has expired.", "Sign in again.")
REFRESH_TOKEN_UNKNOWN = Fault(404, "REFRESH_TOKEN_NOT_FOUND", "There is no such refresh token.", "Sign in again.")

PARAMETER_INVALID = Fault(
    400, "INVALID_PARAMETER", "The parameter {name} has a value that is not allowed.", "Send another value: {detail}"
)
BODY_INVALID = Fault(
    400, "BAD_REQUEST", "The body of the request cannot be read: {detail}", "Send the JSON that the contract describes."
)
BODY_TOO_LARGE = Fault(413, "BODY_TOO_LARGE", "The body of the request is too long.", "Send a shorter body, or none.")
PATH_UNKNOWN = Fault(404, "NOT_FOUND", "There is nothing at {path}.", "Look at the paths of the contract.")
METHOD_INVALID = Fault(405, "METHOD_NOT_ALLOWED", "{path} does not have the method {method}.", "Use another method.")
INTERNAL = Fault(
    500, "INTERNAL_SERVER_ERROR", "An unexpected failure occurred.", "Try again, or tell us the reference token."
)
