"""The way to a server of the SLS API: its time, and requests under its signature."""

import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from email.utils import formatdate

from retryspec.authentication import sls as signature
from retryspec.documents import load_document
from retryspec.exchange import Exchange, Request, Response
from retryspec.session import RunOptions, Session
from retryspec.suite.sls.model import HOUR
from retryspec.suite.sls.replay import replay_line
from retryspec.suite.sls.shape import DATE_TOLERANCE, parse_http_date
from retryspec.suite.sls.target import SlsTarget

__all__ = ["Wire"]


class Wire:
    """Signs requests for one server and sends them; safe to use from several threads."""

    def __init__(self, target: SlsTarget, options: RunOptions) -> None:
        self.target = target
        self.session = Session(
            load_document("sls"),
            target.claim,
            options,
            secrets=(target.access_key_secret,),
            public=(target.access_key_id, "SLS_ACCESS_KEY_SECRET"),
            curl=self._curl,
        )
        self._offset = 0.0
        self._knows_time = False
        self._clock = threading.RLock()

    def claims(self, operation: str) -> bool:
        """Whether the target says that it has an operation."""
        return operation in self.target.claim.operations

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
            made = signature.sign(self.target.access_key_secret if secret is None else secret, text)
            sent["Authorization"] = signature.authorization(key_id or self.target.access_key_id, made)
        _, colon, proof = sent.get("Authorization", "").rpartition(":")
        return Request(method, target, tuple(sent.items()), body, chunked, secrets=(proof,) if colon else ())

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

    def _curl(self, request: Request, url: str) -> str:
        target = self.target
        return replay_line(request, url, key_id=target.access_key_id, secret=target.access_key_secret, now=self.now())
