"""What the SLS server may refuse, with the status, code and text of each (seeds 000 and 001, Error code; sheet, 6.2).

Texts are examples and no part of the contract (sls A-10); status and code are.
"""

from dataclasses import dataclass

__all__ = [
    "BODY_INVALID",
    "CONTENT_TYPE_INVALID",
    "DATE_INVALID",
    "DATE_TOO_FAR",
    "DIGEST_WRONG",
    "HEADER_INVALID",
    "HEADER_MISSING",
    "INTERNAL",
    "KEY_UNKNOWN",
    "LOGSTORE_UNKNOWN",
    "METHOD_INVALID",
    "PARAMETER_INVALID",
    "PATH_UNKNOWN",
    "PROJECT_UNKNOWN",
    "QUERY_MISSING",
    "SHIPPER_UNKNOWN",
    "SIGNATURE_METHOD_INVALID",
    "SIGNATURE_WRONG",
    "STATUS_UNKNOWN",
    "TOO_LARGE",
    "TOO_MANY_TASKS",
    "VERSION_INVALID",
    "WINDOW_EMPTY",
    "WINDOW_TOO_OLD",
    "Fault",
]


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason for a refusal."""

    status: int
    code: str
    text: str


PROJECT_UNKNOWN = Fault(404, "ProjectNotExist", "Project {name} does not exist")
LOGSTORE_UNKNOWN = Fault(404, "LogStoreNotExist", "logstore {name} does not exist")
# 400, unlike its two siblings: sls A-07.
SHIPPER_UNKNOWN = Fault(400, "ShipperNotExist", "shipper {name} does not exist")

WINDOW_EMPTY = Fault(400, "ParameterInvalid", "start time must be earlier than end time")
WINDOW_TOO_OLD = Fault(400, "ParameterInvalid", "only support query last 48 hours task status")
STATUS_UNKNOWN = Fault(400, "ParameterInvalid", "status only contains success/running/fail")
TOO_MANY_TASKS = Fault(400, "ParameterInvalid", "Each time allows 10 task retries only")
PARAMETER_INVALID = Fault(400, "ParameterInvalid", "{name} is invalid: {detail}")
QUERY_MISSING = Fault(400, "MissingParameter", "Missing query key : {name}.")
BODY_INVALID = Fault(400, "PostBodyInvalid", "The request body is not a valid JSON array of task ids.")
TOO_LARGE = Fault(413, "PostBodyTooLarge", "The request body is longer than {limit} bytes.")

HEADER_MISSING = Fault(400, "MissingParameter", "Missing http extend header key : {name}.")
HEADER_INVALID = Fault(400, "ParameterInvalid", "Http extend {name} : the value is invalid.")
CONTENT_TYPE_INVALID = Fault(400, "InvalidContentType", "Content-Type {value} is unsupported.")
VERSION_INVALID = Fault(400, "InvalidAPIVersion", "x-log-apiversion {value} is unsupported.")
SIGNATURE_METHOD_INVALID = Fault(400, "InvalidSignatureMethod", "signature method {value} is unsupported.")
DATE_INVALID = Fault(400, "InvalidRequestTime", "Request time {value} not follow RFC822 spec.")
DATE_TOO_FAR = Fault(400, "RequestTimeExpired", "Request time {value} has been expired while server time is {now}.")

KEY_UNKNOWN = Fault(401, "Unauthorized", "AccessKeyId not found: {value}")
SIGNATURE_WRONG = Fault(401, "SignatureNotMatch", "signature {value} not match")
DIGEST_WRONG = Fault(401, "SignatureNotMatch", "signature not match: the signed Content-MD5 is not that of the body")

PATH_UNKNOWN = Fault(404, "NotFound", "There is nothing at {path}")
METHOD_INVALID = Fault(405, "InvalidMethod", "Invalid request method : {value}")
INTERNAL = Fault(500, "InternalServerError", "internal server error")
