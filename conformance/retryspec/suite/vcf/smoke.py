"""The first calls to a server of the VCF API, which show whether the set-up is right."""

from collections.abc import Iterator
from urllib.parse import quote

from retryspec.checks import Untestable
from retryspec.errors import RunError
from retryspec.exchange import Exchange, Request
from retryspec.suite.vcf.model import Batch, Meaning, TaskPlan
from retryspec.suite.vcf.shape import GET, LIST, RETRY
from retryspec.suite.vcf.supply import Supply
from retryspec.suite.vcf.wire import TASKS_PATH, Wire

__all__ = ["smoke"]


def smoke(wire: Wire, supply: Supply) -> None:
    """Sign in and make one valid call; what is wrong about the answers is for the checks to say.

    Raises:
        RunError: nothing answers, the credentials are refused, or this is no VCF API.
    """
    _sign_in(wire)
    if wire.session.states is not None:
        _some_batch(wire, supply)
    exchanges = []
    for request in _valid_calls(wire, supply):
        exchange = wire.send(request)
        if exchange.response is not None and 200 <= exchange.response.status < 300:
            return
        exchanges.append(exchange)
        if exchange.response is None:
            break
    if exchanges:
        raise RunError(_what_is_wrong(wire, exchanges[0]))


def _sign_in(wire: Wire) -> None:
    try:
        wire.token()
    except Untestable:
        response = wire.login.response if wire.login else None
        if response is not None and 200 <= response.status < 300:
            return  # without a token in it, which the checks of signing in will find
        if wire.login is not None:
            raise RunError(_what_is_wrong(wire, wire.login, signing_in=True)) from None


def _valid_calls(wire: Wire, supply: Supply) -> Iterator[Request]:
    """Valid calls, one after the other until one succeeds."""
    try:
        wire.token()
    except Untestable:
        return
    if wire.claims(LIST):
        yield wire.request("GET", TASKS_PATH)
    batch = _some_batch(wire, supply)
    known = (*batch.ids, *(task_id for ids in wire.target.tasks.values() for task_id in ids[:1]))
    if wire.claims(GET):
        yield from (wire.request("GET", f"{TASKS_PATH}/{quote(task_id, safe='')}") for task_id in known)
    if wire.claims(RETRY) and not wire.claims(GET) and not wire.session.options.read_only and batch.ids:
        supply.spend(batch.ids[0])
        yield wire.request("PATCH", f"{TASKS_PATH}/{quote(batch.ids[0], safe='')}", b"")


def _some_batch(wire: Wire, supply: Supply) -> Batch:
    try:
        return supply.batch([TaskPlan(Meaning.FAILED)])
    except Untestable as problem:
        if wire.session.states is not None:
            raise RunError(f"vcf: {wire.target.claim.states_url}: {problem}.") from None
        return Batch((), ())


def _what_is_wrong(wire: Wire, exchange: Exchange, *, signing_in: bool = False) -> str:
    url, response = wire.target.claim.base_url, exchange.response
    if response is None:
        return f"vcf: {url} gives no answer: {exchange.failure}. Is the server running, and base_url right?"
    shown = wire.session.start_of_body(exchange)
    if response.status in (401, 403) or (signing_in and response.status == 400):
        keys = "token" if wire.target.token else "username and password"
        return f"vcf: {url} refuses the credentials ({response.status} {shown}). See {keys} in the target file."
    call = "a login" if signing_in else "a valid call"
    return (
        f"vcf: {url} does not answer {call} with success but with {response.status} {shown}. "
        "See base_url in the target file."
    )
