"""A server of two VCF operations, in the standard library alone, with provider states for retryspec.

It stands for a server of yours: what is between the two lines is all that a test build of it needs besides.

    python3 server.py [PORT]        and then        retryspec check --target target.toml
"""

import json
import sys
import threading
import time
import uuid
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "example-token"
SHOWN = {"SUCCESSFUL": "Successful", "FAILED": "Failed", "CANCELLED": "Cancelled"}

Answer = tuple[int, dict[str, Any] | None]


@dataclass
class Task:
    """A task: it runs from `begins` to `ends`, and has ended as `outcome` says when somebody looks afterwards."""

    name: str
    outcome: str
    rerun_seconds: float = 30
    rerun_outcome: str = "SUCCESSFUL"
    fault: str | None = None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    created: float = field(default_factory=time.time)
    begins: float = 0
    ends: float = 0

    def status(self) -> str:
        """Return the status as it is now."""
        now = time.time()
        if self.begins > now:
            return "Pending"
        return "In Progress" if self.ends > now else SHOWN.get(self.outcome, self.outcome)


tasks: dict[str, Task] = {}
lock = threading.Lock()


def get(id_: str) -> Answer:
    """Return a task."""
    task = tasks.get(id_)
    if task is None:
        return error(404, "TASK_NOT_FOUND", f"There is no task {id_}.")
    body: dict[str, Any] = {"id": task.id, "name": task.name, "type": "EXAMPLE", "status": task.status()}
    body |= {"creationTimestamp": stamp(task.created), "subTasks": [], "errors": [], "resources": []}
    if body["status"] == "Failed":
        body["errors"] = [error(500, "EXAMPLE_FAILED", "The work of the task failed.")[1]]
    if body["status"] not in ("Pending", "In Progress"):
        body["completionTimestamp"] = stamp(task.ends or task.created)
    return 200, body


def retry(id_: str) -> Answer:
    """Start a failed task again: under a lock, so that of two retries at once one comes first."""
    with lock:
        task = tasks.get(id_)
        if task is None:
            return error(404, "TASK_NOT_FOUND", f"There is no task {id_}.")
        if task.fault:
            return error(500, "INTERNAL_SERVER_ERROR", "An unexpected failure occurred.")
        if task.status() != "Failed":
            return error(409, "TASK_NOT_RETRYABLE", f"Task {id_} is {task.status()}.")
        task.begins = time.time()
        task.ends = task.begins + task.rerun_seconds
        task.outcome = task.rerun_outcome
        return 200, None


def error(status: int, code: str, message: str) -> Answer:
    """Return a refusal."""
    body = {"errorCode": code, "errorType": "ERROR", "message": message, "remediationMessage": "See the contract."}
    return status, {**body, "referenceToken": uuid.uuid4().hex[:6].upper(), "arguments": [], "nestedErrors": []}


def stamp(seconds: float) -> str:
    """Return a time as the API shows it."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(seconds))


# ---- provider states: for a test build only, since whoever reaches them can make tasks ----


def set_up(body: bytes) -> Answer:
    """Make the tasks that a check needs, and return their ids in the same order."""
    try:
        asked = json.loads(body)
        if (asked["action"], asked["state"]) != ("setup", "tasks"):
            return 404, {"error": "this server knows the state 'tasks' alone"}
        made = [wanted(one) for one in asked["params"].get("tasks") or []]
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        return 400, {"error": f"not a setup of a state: {problem}"}
    tasks.update({task.id: task for task in made})
    return 200, {"ids": [task.id for task in made], "rerunsAsAsked": True}


def wanted(one: dict[str, Any]) -> Task:
    """Return a task in the status that was asked for; statuses come in any spelling of the contract."""
    status, rerun = (text.upper().replace(" ", "_") for text in (one["status"], one.get("rerunStatus") or "SUCCESSFUL"))
    task = Task(one.get("name") or "Example task", status, one.get("rerunSeconds") or 30, rerun, one.get("fault"))
    if status in ("PENDING", "IN_PROGRESS"):
        task.outcome, task.ends = "SUCCESSFUL", time.time() + 3600
        task.begins = task.ends if status == "PENDING" else 0
    return task


# --------------------------------------------------------------------------------------------


class Handler(BaseHTTPRequestHandler):
    """Answers requests."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body go out together

    def answer(self, body: bytes) -> Answer:
        """Return the answer to this request."""
        path = self.path.partition("?")[0]
        if (self.command, path) == ("POST", "/_states"):
            return set_up(body)
        head, _, id_ = path.rpartition("/")
        if head != "/v1/tasks":
            return error(404, "NOT_FOUND", f"There is nothing at {path}.")
        if self.command not in ("GET", "PATCH"):
            return error(405, "METHOD_NOT_ALLOWED", f"{self.command} is not possible here.")
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return error(401, "Unauthorized", "The access token is missing or not valid.")
        return retry(id_) if self.command == "PATCH" else get(id_)

    def do_GET(self) -> None:
        """Read the request and send its answer."""
        status, body = self.answer(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        content = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        if content:
            self.send_header("Content-Type", "application/json")
        if status == 401:
            self.send_header("WWW-Authenticate", "Bearer")
        if status == 405:
            self.send_header("Allow", "GET, PATCH")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET  # noqa: N815  # the library's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as the library has it
        """Keep quiet: the report says what was sent."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if sys.argv[1:] else 8000), Handler)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
