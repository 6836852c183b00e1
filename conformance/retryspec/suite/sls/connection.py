"""A server of the SLS API: signing, time, states, and the first call that shows whether the set-up is right."""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from email.utils import formatdate
from typing import Any, TypeGuard

from retryspec.authentication import sls as signature
from retryspec.checks import Judge, Untestable
from retryspec.documents import load_document
from retryspec.errors import RunError
from retryspec.exchange import Exchange, Request, Response
from retryspec.session import RunOptions, Session
from retryspec.shape import BadJson, parse_json
from retryspec.suite.sls.client import Sls
from retryspec.suite.sls.model import HOUR, STATUSES, Shipper, Task, TaskPlan, Window
from retryspec.suite.sls.replay import replay_line
from retryspec.suite.sls.shape import DATE_TOLERANCE, RequestIds, parse_http_date
from retryspec.suite.sls.target import SlsTarget, read_sls_target
from retryspec.target import Table

__all__ = ["SlsConnection", "connect"]

STATE = "a shipper with tasks"

# Tasks that a check does not date itself lie this far apart (seconds), the youngest this old.
SPACING = 97
YOUNGEST = 10 * 60


def connect(table: Table, options: RunOptions) -> "SlsConnection":
    """Connect to the server that the `[sls]` table names."""
    return SlsConnection(read_sls_target(table, load_document("sls")), options)


class SlsConnection:
    """One server of the SLS API, shared by the checks of a process."""

    def __init__(self, target: SlsTarget, options: RunOptions) -> None:
        self.target = target
        self.session = Session(
            load_document("sls"), target.claim, options, secrets=(target.access_key_secret,), curl=self._curl
        )
        self.request_ids = RequestIds()
        self._offset = 0.0
        self._knows_time = False
        self._clock = threading.RLock()
        self._pools: dict[str, list[str]] | None = None
        self._spent: set[str] = set()
        self._lock = threading.Lock()

    def handle(self, judge: Judge) -> Sls:
        """What a check is given."""
        return Sls(self, judge)

    def now(self) -> int:
        """The server's time in Unix seconds, as its Date headers tell."""
        with self._clock:
            if not self._knows_time:
                self._knows_time = True
                self._ask_time()
        return int(time.time() + self._offset)

    def _ask_time(self) -> None:
        """Find out by a call that names nothing whether the server's clock is far off.

        A Date alone is no proof, it may be the wrong one of a right clock; a refusal that goes with it is.
        """
        local = int(time.time())
        target = f"/logstores/asks-the-time/shipper/asks-the-time/tasks?from={local - HOUR}&to={local}"
        response = self.session.exchanger.send(self.request("GET", "asks-the-time", target)).response
        moment = parse_http_date(response.header("Date") or "") if response else None
        if response is None or moment is None or response.status not in (400, 401, 403):
            return
        offset = moment.timestamp() + 0.5 - time.time()
        self._offset = offset if abs(offset) >= DATE_TOLERANCE else 0.0

    def learn_time(self, response: Response | None) -> None:
        """Take the server's time from a success; a Date that is far off is a wrong Date, not another time."""
        moment = parse_http_date(response.header("Date") or "") if response and response.status < 300 else None
        if moment is None:
            return
        # Date has whole seconds; half a second more is the best guess, and small differences are noise.
        offset = moment.timestamp() + 0.5 - time.time()
        if abs(offset) < DATE_TOLERANCE:
            self._offset = offset if abs(offset) > 2 else 0.0

    def request(
        self,
        method: str,
        project: str,
        target: str,
        body: bytes | None = None,
        *,
        headers: Mapping[str, str | None] | None = None,
        secret: str | None = None,
        key_id: str | None = None,
        chunked: bool = False,
    ) -> Request:
        """A signed request.

        Args:
            method: the method.
            project: the project, which goes into Host.
            target: path below the base URL and query, percent-encoded.
            body: the body, if there is one.
            headers: headers to add or, with None, to leave out, before it is signed.
            secret: another AccessKeySecret than the target's.
            key_id: another AccessKeyId than the target's.
            chunked: send the body without a Content-Length.
        """
        target = self.target.claim.base_path + target
        given = self._usual_headers(project, body) | dict(self.target.claim.headers)
        changed = {name.lower() for name in headers or {}}
        sent = {name: value for name, value in given.items() if name.lower() not in changed}
        sent |= {name: value for name, value in (headers or {}).items() if value is not None}
        if "authorization" not in changed:
            text = signature.string_to_sign(method, target, sent.items())
            made = signature.sign(secret or self.target.access_key_secret, text)
            sent["Authorization"] = signature.authorization(key_id or self.target.access_key_id, made)
        secrets = (sent["Authorization"].rpartition(":")[2],) if "Authorization" in sent else ()
        return Request(method, target, tuple(sent.items()), body, chunked, secrets=secrets)

    def signed_over(self, request: Request, text: str) -> Request:
        """A request under the signature of another string than its own."""
        made = signature.sign(self.target.access_key_secret, text)
        value = signature.authorization(self.target.access_key_id, made)
        headers = tuple((name, value if name == "Authorization" else kept) for name, kept in request.headers)
        return replace(request, headers=headers, secrets=(made,))

    def _usual_headers(self, project: str, body: bytes | None) -> dict[str, str]:
        usual = {
            "Host": f"{project}.{self.target.endpoint}",
            "Accept": "*/*",
            "Accept-Encoding": "gzip, deflate",
            "Date": formatdate(self.now(), usegmt=True),
            "x-log-apiversion": signature.API_VERSION,
            "x-log-signaturemethod": signature.SIGNATURE_METHOD,
            "x-log-bodyrawsize": str(len(body or b"")),
        }
        if body is not None:
            usual |= {"Content-Type": "application/json", "Content-MD5": signature.content_md5(body)}
        return usual

    def send(self, request: Request) -> Exchange:
        """Send one request."""
        exchange = self.session.exchanger.send(request)
        self.learn_time(exchange.response)
        return exchange

    def shipper(self, plans: Sequence[TaskPlan], *, fault: bool = False, needed: bool = True) -> Shipper:
        """A shipper with at least these tasks: made by the provider of states, else from known ids or discovery.

        Args:
            plans: the tasks.
            fault: a shipper whose every request meets an internal error.
            needed: False where any shipper will do and the tasks are only welcome.

        Raises:
            Untestable: there is none, and why.
        """
        if self.session.states is not None:
            return self._set_up(plans, fault=fault)
        if fault:
            raise Untestable("needs the provider state of a shipper that meets an internal error (states_url)")
        return self._known_shipper(plans if needed else ())

    def spend(self, body: bytes | None) -> None:
        """Remember that the tasks of an accepted retry have failed no longer."""
        try:
            named = parse_json(body or b"")
        except BadJson:
            return
        with self._lock:
            self._spent |= {name for name in named if isinstance(name, str)} if isinstance(named, list) else set()

    def _set_up(self, plans: Sequence[TaskPlan], *, fault: bool) -> Shipper:
        if self.session.states is None:
            raise Untestable("needs provider states (states_url)")
        now = self.now()
        dated = [
            (plan, now - (plan.age if plan.age is not None else YOUNGEST + SPACING * place))
            for place, plan in enumerate(plans)
        ]
        params: dict[str, Any] = {"tasks": [_asked_for(plan, created) for plan, created in dated]}
        if fault:
            params["fault"] = "internal"
        values = self.session.states.set_up(STATE, params)
        ids: object = values.get("ids")
        names: object = [values.get(name) for name in ("project", "logstore", "shipper")]
        if not _are_texts(ids) or len(ids) != len(plans) or not _are_texts(names):
            raise Untestable(f"the provider state {STATE!r} was not answered as its protocol says")
        project, logstore, shipper = names
        tasks = tuple(
            Task(task_id, plan.status, plan.message or "", created, 0, 0)
            for task_id, (plan, created) in zip(ids, dated, strict=True)
        )
        return Shipper(
            project=project,
            logstore=logstore,
            name=shipper,
            tasks=tasks,
            plans=tuple(plans),
            fresh=True,
            promised=values.get("rerunsAsAsked") is True,
            neighbours=_neighbours(project, values.get("neighbours")),
        )

    def _known_shipper(self, plans: Sequence[TaskPlan]) -> Shipper:
        target = self.target
        if not (target.project and target.logstore and target.shipper):
            raise Untestable("needs provider states (states_url), or project, logstore and shipper in the target file")
        home = Shipper(target.project, target.logstore, target.shipper)
        tasks: list[Task] = []
        for status in STATUSES:
            wanted = sum(plan.status == status for plan in plans)
            usable = [task_id for task_id in self._pool(home, status) if task_id not in self._spent] if wanted else []
            if len(usable) < wanted:
                raise Untestable(
                    f"needs tasks with the status {status} that were not retried yet: {wanted}; known or discovered "
                    f"are {len(usable)} (provider states would make them)"
                )
            tasks += [Task(task_id, status, "", 0, 0, 0) for task_id in usable[:wanted]]
        return replace(home, tasks=tuple(tasks), plans=tuple(plans))

    def _pool(self, home: Shipper, status: str) -> list[str]:
        with self._lock:
            if self._pools is None:
                self._pools = self._find_tasks(home)
            return self._pools[status]

    def _find_tasks(self, home: Shipper) -> dict[str, list[str]]:
        """Task ids by status: those of the target file, else what the API lists; this process's share of them."""
        share, of = self.session.options.share
        if any(self.target.tasks.values()):
            return {status: list(self.target.tasks.get(status, ()))[share::of] for status in STATUSES}
        looker = Sls(self, self.session.judge("discovery", ("SLS-GET-01",)))
        window = Window(self.now() - 23 * HOUR, self.now())
        listed = looker.all_tasks(home, window) if looker.claims_get() else ()
        return {status: [t.id for t in listed if t.status == status][share::of] for status in STATUSES}

    def smoke(self) -> None:
        """Make one valid call, in the form that the vendor's own clients send.

        Raises:
            RunError: nothing answers, the credentials are refused, or this is no SLS API.
        """
        shipper = self._smoke_shipper()
        exchanges = []
        for request in self._smoke_requests(shipper):
            exchange = self.send(request)
            exchanges.append(exchange)
            if exchange.response is not None and 200 <= exchange.response.status < 300:
                return
            if exchange.response is None:
                break
        raise RunError(self._what_is_wrong(exchanges[0]))

    def _smoke_shipper(self) -> Shipper:
        try:
            return self.shipper([TaskPlan("fail")], needed=not self.claims("getShipperStatus"))
        except Untestable as problem:
            if not (self.target.project and self.target.logstore and self.target.shipper):
                why = "a run that may only read has none made" if self.session.options.read_only else str(problem)
                raise RunError(f"sls: no shipper to look at: {why}; name project, logstore and shipper.") from None
            return Shipper(self.target.project, self.target.logstore, self.target.shipper)

    def _smoke_requests(self, shipper: Shipper) -> list[Request]:
        path = shipper.path
        if self.claims("getShipperStatus"):
            # In the forms of two vendor's clients and the smallest, since a server that breaks its contract in one of
            # them is for the checks to judge.
            past = f"{path}?from={self.now() - HOUR}&to={self.now() - 300}&status=&offset=0&size=100"
            python = {"x-log-date": formatdate(self.now(), usegmt=True), "User-Agent": "retryspec"}
            node = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "retryspec"}
            return [
                self.request("GET", shipper.project, past, headers=python),
                self.request("GET", shipper.project, past, headers=node),
                self.request("GET", shipper.project, f"{path}?from={self.now() - HOUR}&to={self.now()}"),
            ]
        # Without the status operation the smallest retry there is has to do: of one failed task.
        ids = shipper.ids("fail")[:1]
        return [self.request("PUT", shipper.project, path, ('["' + '","'.join(ids) + '"]').encode())]

    def claims(self, operation: str) -> bool:
        """Whether the target says that it has an operation."""
        return operation in self.target.claim.operations

    def _what_is_wrong(self, exchange: Exchange) -> str:
        url, response = self.target.claim.base_url, exchange.response
        if response is None:
            return f"sls: {url} gives no answer: {exchange.failure}. Is the server running, and base_url right?"
        shown = response.body[:200].decode("utf-8", "replace")
        if response.status in (401, 403) or b"AccessKey" in response.body:
            return f"sls: {url} refuses the credentials ({response.status} {shown}). See access_key_id and its secret."
        return (
            f"sls: {url} does not answer a valid status call with success but with {response.status} {shown}. "
            "See base_url, project, logstore and shipper in the target file."
        )

    def _curl(self, request: Request, url: str) -> str:
        target = self.target
        return replay_line(request, url, key_id=target.access_key_id, secret=target.access_key_secret, now=self.now())


def _asked_for(plan: TaskPlan, created: int) -> dict[str, Any]:
    members = {
        "status": plan.status,
        "createTime": created,
        "message": plan.message,
        "rerunSeconds": plan.rerun_seconds,
        "rerunStatus": plan.rerun_status,
    }
    return {name: value for name, value in members.items() if value is not None}


def _neighbours(project: str, raw: Any) -> tuple[Shipper, ...]:
    if not isinstance(raw, list):
        return ()
    return tuple(
        Shipper(project, entry["logstore"], entry["shipper"], fresh=True)
        for entry in raw
        if isinstance(entry, dict) and _are_texts([entry.get("logstore"), entry.get("shipper")])
    )


def _are_texts(values: object) -> TypeGuard[list[str]]:
    return isinstance(values, list) and all(isinstance(value, str) and value for value in values)
