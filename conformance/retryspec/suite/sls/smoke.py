"""The first call to a server of the SLS API, which shows whether the set-up is right."""

import json
from email.utils import formatdate

from retryspec.checks import Untestable
from retryspec.errors import RunError
from retryspec.exchange import Exchange, Request
from retryspec.suite.sls.model import HOUR, Shipper, TaskPlan
from retryspec.suite.sls.supply import Shippers
from retryspec.suite.sls.wire import Wire

__all__ = ["smoke"]


def smoke(wire: Wire, shippers: Shippers) -> None:
    """Make one valid call, in the form that the vendor's own clients send.

    Raises:
        RunError: nothing answers, the credentials are refused, or this is no SLS API.
    """
    shipper = _any_shipper(wire, shippers)
    exchanges = []
    for request in _valid_calls(wire, shipper):
        exchange = wire.send(request)
        exchanges.append(exchange)
        if exchange.response is not None and 200 <= exchange.response.status < 300:
            return
        if exchange.response is None:
            break
    raise RunError(_what_is_wrong(wire, exchanges[0]))


def _any_shipper(wire: Wire, shippers: Shippers) -> Shipper:
    try:
        return shippers.get([TaskPlan("fail")], needed=not wire.claims("getShipperStatus"))
    except Untestable as problem:
        if not (wire.target.project and wire.target.logstore and wire.target.shipper):
            if wire.session.options.read_only:
                raise RunError("sls: a run that may only read needs project, logstore and shipper.") from None
            raise RunError(f"sls: {wire.target.claim.states_url}: {problem}.") from None
        return Shipper(wire.target.project, wire.target.logstore, wire.target.shipper)


def _valid_calls(wire: Wire, shipper: Shipper) -> list[Request]:
    path = shipper.path
    if wire.claims("getShipperStatus"):
        # In the forms of two vendor's clients and the smallest, since a server that breaks its contract in one of
        # them is for the checks to judge.
        past = f"{path}?from={wire.now() - HOUR}&to={wire.now() - 300}&status=&offset=0&size=100"
        python = {"x-log-date": formatdate(wire.now(), usegmt=True), "User-Agent": "retryspec"}
        node = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "retryspec"}
        return [
            wire.request("GET", shipper.project, past, headers=python),
            wire.request("GET", shipper.project, past, headers=node),
            wire.request("GET", shipper.project, f"{path}?from={wire.now() - HOUR}&to={wire.now()}"),
        ]
    # Without the status operation the smallest retry there is has to do: of one failed task.
    ids = shipper.ids("fail")[:1]
    return [wire.request("PUT", shipper.project, path, json.dumps(ids).encode())]


def _what_is_wrong(wire: Wire, exchange: Exchange) -> str:
    url, response = wire.target.claim.base_url, exchange.response
    if response is None:
        return f"sls: {url} gives no answer: {exchange.failure}. Is the server running, and base_url right?"
    shown = wire.session.start_of_body(exchange)
    call = "status call" if exchange.request.method == "GET" else "retry"
    if response.status in (401, 403) or b"AccessKey" in response.body:
        return f"sls: {url} refuses the credentials ({response.status} {shown}). See access_key_id and its secret."
    return (
        f"sls: {url} does not answer a valid {call} with success but with {response.status} {shown}. "
        "See base_url, project, logstore and shipper in the target file."
    )
