"""The first call of a run, which shows whether the set-up is right."""

from collections.abc import Iterator
from dataclasses import replace

from retryspec.checks import Untestable
from retryspec.errors import RunError
from retryspec.exchange import Exchange, Request
from retryspec.suite.opsmanager.model import Group, JobPlan, Status
from retryspec.suite.opsmanager.requests import Connection, path_of
from retryspec.suite.opsmanager.shape import GET, LIST, RETRY

__all__ = ["make_first_call"]


def make_first_call(connection: Connection) -> None:
    """Make one valid call; what is wrong about the answers is for the checks to say.

    Raises:
        RunError: nothing answers, the credentials are refused, or this is no Ops Manager API.
    """
    group = _smoke_group(connection)
    exchanges: list[Exchange] = []
    for request in _smoke_requests(connection, group):
        exchange = connection.send(request).exchange
        if exchange.response is not None and 200 <= exchange.response.status < 300:
            return
        exchanges.append(exchange)
        if exchange.response is None:
            break
    if not exchanges:
        return
    if _is_without_challenge(connection, group, exchanges[0]):
        return
    raise RunError(_what_is_wrong(connection, exchanges[0]))


def _smoke_group(connection: Connection) -> Group:
    try:
        return connection.group(
            [JobPlan(Status.FAILURE)], needed=not (connection.claims(LIST) or connection.claims(GET))
        )
    except Untestable as problem:
        if connection.session.states is not None:
            raise RunError(f"opsmanager: {connection.target.claim.states_url}: {problem}.") from None
        if connection.target.group_id is None:
            raise RunError(f"opsmanager: {problem}; a run that may only read needs the group_id.") from None
        return Group(connection.target.group_id)


def _smoke_requests(connection: Connection, group: Group) -> Iterator[Request]:
    """Valid calls in the forms of several clients, one after the other until one succeeds."""
    if connection.claims(LIST):
        yield connection.request("GET", path_of(group.id))
        yield from _other_forms(connection, connection.request("GET", path_of(group.id)))
    if connection.claims(GET):
        for job_id in group.ids[:1]:
            yield connection.request("GET", path_of(group.id, job_id))
    if connection.claims(RETRY) and not connection.session.options.read_only:
        for job_id in group.of(Status.FAILURE)[:1]:
            connection.spend(job_id)
            yield connection.request("PUT", path_of(group.id, job_id, "retry"), b"")


def _other_forms(connection: Connection, request: Request) -> Iterator[Request]:
    # Who lets in one kind of client and not another breaks the contract, and has not got the wrong key pair.
    for quoted, qop in (("algorithm", "qop"), "auth"), ((), None):
        challenge = connection.new_challenge()
        if challenge is not None:
            digest = connection.digest(request, challenge)
            changed = digest if digest.qop == qop else replace(digest, qop=qop)
            yield connection.with_authorization(request, changed.header(quoted=quoted))


def _is_without_challenge(connection: Connection, group: Group, exchange: Exchange) -> bool:
    """Whether it is only a challenge that is missing, so that nobody can sign in: a breach and no wrong set-up."""
    response = exchange.response
    if response is None or response.status != 401 or connection.new_challenge() is not None:
        return False
    stranger = connection.request("GET", path_of(group.id), headers={"Authorization": None})
    answered = connection.send(stranger).exchange.response
    return answered is not None and answered.status == 401


def _what_is_wrong(connection: Connection, exchange: Exchange) -> str:
    url, response = connection.target.claim.base_url, exchange.response
    if response is None:
        return f"opsmanager: {url} gives no answer: {exchange.failure}. Is the server running, and base_url right?"
    shown = connection.session.start_of_body(exchange)
    if response.status in (401, 403):
        return (
            f"opsmanager: {url} refuses the credentials ({response.status} {shown}). "
            "See public_key, private_key and group_id."
        )
    return (
        f"opsmanager: {url} does not answer a valid call with success but with {response.status} {shown}. "
        "See base_url and group_id in the target file."
    )
