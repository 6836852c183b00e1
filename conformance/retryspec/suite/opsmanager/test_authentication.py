"""Credentials: who has none or wrong ones is refused by every operation, and nothing happens."""

import base64
from collections.abc import Sequence
from dataclasses import replace

import pytest

from retryspec.checks import Untestable, decides
from retryspec.exchange import Request
from retryspec.suite.opsmanager.client import Answer, Headers, OpsManager, Query
from retryspec.suite.opsmanager.digest import Challenge, challenge_of
from retryspec.suite.opsmanager.expectations import before_retry, expect_refused, expect_retried, expect_unchanged
from retryspec.suite.opsmanager.model import Group, Job, JobPlan, Status
from retryspec.suite.opsmanager.shape import GET, LIST, RETRY, Asked
from retryspec.suite.opsmanager.tampering import LIKE_THE_KNOWN, NOT_OFFERED, ODD_COUNTS, TAMPERED, in_scheme

FAILED = JobPlan(Status.FAILURE)
EACH = pytest.mark.parametrize("operation", [LIST, GET, RETRY])

STRANGER = Asked(stranger=True, pretty=None, verbose=None)
WRONG = Asked(pretty=None, verbose=None)


def home_of(opsmanager: OpsManager, operation: str, plans: Sequence[JobPlan] = (FAILED, FAILED)) -> tuple[Group, str]:
    """A project and the job that calls of an operation name."""
    if operation != RETRY:
        return opsmanager.some_job(plans)
    group = opsmanager.group(plans)
    return group, group.ids[0]


def snapshot_for(opsmanager: OpsManager, operation: str, group: Group) -> dict[str, Job]:
    """The jobs before calls that have to do nothing; reading can do nothing anyway."""
    return before_retry(opsmanager, group) if operation == RETRY else {}


def expect_no_effect(opsmanager: OpsManager, operation: str, group: Group, before: dict[str, Job], what: str) -> bool:
    """Refused retries changed nothing."""
    if operation != RETRY:
        opsmanager.judge.leave_out("OM-RETRY-21")
        return True
    return expect_unchanged(opsmanager, "OM-RETRY-21", group, before, f"since {what} was refused")


def expect_let_in(opsmanager: OpsManager, operation: str, group: Group, job_id: str, *, unchanged: bool) -> None:
    """The same call with the right digest is accepted.

    Raises:
        Untestable: it is refused, so that the refusals beside it say nothing.
    """
    # Where the refusals had an effect after all, this job may be running, and another one is retried.
    twin = job_id if unchanged and group.promised and opsmanager.can_look else group.ids[-1]
    twin = twin if operation == RETRY else job_id
    answer = opsmanager.send(operation, opsmanager.call_request(operation, group.id, twin), WRONG)
    holds = opsmanager.judge.expect("OM-COMMON-06", answer.fine, answer.exchange, expected="200 with the right digest")
    if not holds:
        raise Untestable("the valid twin was refused as well", because="OM-COMMON-06")


@EACH
@decides(
    "OM-COMMON-02",
    "OM-COMMON-03",
    "OM-COMMON-04",
    "OM-COMMON-05",
    "OM-COMMON-06",
    "OM-COMMON-07",
    "OM-COMMON-10",
    "OM-COMMON-13",
    "OM-RETRY-21",
)
def test_no_credentials(opsmanager: OpsManager, operation: str) -> None:
    """A call without Authorization is answered 401 with a challenge and no effect; the same with one works."""
    group, job_id = home_of(opsmanager, operation)
    before = snapshot_for(opsmanager, operation, group)

    nonces = []
    for query, body in without_credentials(operation):
        headers: Headers = {"Authorization": None} | ({"Content-Type": "application/json"} if body else {})
        request = opsmanager.call_request(operation, group.id, job_id, query, headers=headers)
        wrapped = "envelope" in query
        request = replace(request, body=body or request.body)
        if wrapped and operation != RETRY:
            answer = opsmanager.send_enveloped(request, STRANGER)
        else:
            answer = opsmanager.send(operation, request, replace(STRANGER, envelope=None if wrapped else False))
        if wrapped and isinstance(answer.body, dict) and 401 in (answer.body.get("status"), answer.body.get("error")):
            continue  # an error in an envelope may come with 200 (opsmanager R-09)
        expect_refused(opsmanager, "OM-COMMON-02", answer, "there are no credentials", 401)
        if operation == RETRY:
            expect_refused(opsmanager, "OM-RETRY-21", answer, "there are no credentials", 401)
        challenge = challenge_of(answer.response)
        if challenge is not None:
            nonces.append(challenge.value("nonce"))
    opsmanager.judge.expect(
        "OM-COMMON-10",
        len(set(nonces)) == len(nonces),
        expected="another nonce in each challenge",
        received="the same one again",
    )
    unchanged = expect_no_effect(opsmanager, operation, group, before, "a call without credentials")
    for behaviour in ("OM-COMMON-03", "OM-COMMON-04", "OM-COMMON-05", "OM-COMMON-07", "OM-COMMON-13"):
        opsmanager.judge.expect(behaviour, True, expected="a challenge, which is looked at in every exchange")
    expect_let_in(opsmanager, operation, group, job_id, unchanged=unchanged)
    # What was answered to somebody with credentials is neither kept for others nor do they count for later calls.
    answer = opsmanager.send(operation, unsigned(opsmanager, operation, group, job_id), STRANGER)
    expect_refused(opsmanager, "OM-COMMON-02", answer, "there are no credentials, whoever called before", 401)


def without_credentials(operation: str) -> list[tuple[Query, bytes | None]]:
    """The queries and bodies with which an operation is called without credentials: plainly, and with all options."""
    if operation == RETRY:
        return [({}, None), ({"pretty": "true"}, b"{}"), ({"envelope": "true"}, None)]
    page: Query = {"pageNum": 2, "itemsPerPage": 1} if operation == LIST else {}
    return [({}, None), ({"verbose": "true", "pretty": "true", "envelope": "true", **page}, None)]


@EACH
@decides("OM-COMMON-39", "OM-COMMON-02")
def test_strangers_are_not_told_what_exists(opsmanager: OpsManager, operation: str) -> None:
    """Without credentials what does not exist, or has not failed, should be answered 401 as well."""
    group = opsmanager.some_group([FAILED, JobPlan(Status.SUCCESS)])
    unknown = opsmanager.unknown_id()

    calls: list[tuple[str, str, Query]] = [(group.id, unknown, {}), (unknown, unknown, {}), (group.id, "zz", {})]
    if operation == RETRY and group.fresh:
        calls += [(group.id, group.of(Status.SUCCESS)[0], {})]
    if operation == LIST:
        calls = [(group.id, "", {"pageNum": "0", "itemsPerPage": "x"}), (unknown, "", {}), ("zz", "", {})]
    for group_id, job_id, query in calls:
        request = opsmanager.call_request(operation, group_id, job_id, query, headers={"Authorization": None})
        answer = opsmanager.send(operation, request, replace(STRANGER, about="OM-COMMON-39"))
        opsmanager.judge.expect(
            "OM-COMMON-39", answer.status == 401, answer.exchange, expected="401, since there are no credentials"
        )
        opsmanager.judge.expect(
            "OM-COMMON-02", not answer.accepted, answer.exchange, expected="401, since there are no credentials"
        )


FOR_READING = (
    "a wrong private key",
    "an empty private key",
    "an unknown public key",
    LIKE_THE_KNOWN,
    "another method",
    "the last digit changed",
)


@EACH
@decides("OM-COMMON-08", "OM-COMMON-06", "OM-RETRY-21", "OM-COMMON-13")
def test_wrong_digests(opsmanager: OpsManager, operation: str) -> None:
    """A digest with one thing wrong is answered 401 without `stale=true` and has no effect; the right one works."""
    group, job_id = home_of(opsmanager, operation)
    before = snapshot_for(opsmanager, operation, group)

    challenge = opsmanager.new_challenge()
    for what, tampering in TAMPERED.items():
        # One admission for all: reading is tried with the most different ones, and alone with what may let in.
        if what not in FOR_READING if operation != RETRY else what == LIKE_THE_KNOWN:
            continue
        request = unsigned(opsmanager, operation, group, job_id)
        digest = opsmanager.digest(request, challenge)
        tampered = opsmanager.with_authorization(request, tampering(digest))
        if tampered == opsmanager.with_authorization(request, digest.header()):
            continue  # a key without letters has no other case
        answer = opsmanager.send(operation, tampered, replace(WRONG, about="OM-COMMON-08"))
        # What it never offered, a server may call malformed.
        statuses = (401, 400) if what in NOT_OFFERED else (401,)
        strict = what != LIKE_THE_KNOWN
        expect_refused(opsmanager, "OM-COMMON-08", answer, f"the digest has {what}", *statuses, strict=strict)
        if operation == RETRY:
            expect_refused(opsmanager, "OM-RETRY-21", answer, f"the digest has {what}", *statuses)
        found = challenge_of(answer.response)
        opsmanager.judge.expect(
            "OM-COMMON-08",
            found is None or not found.stale,
            answer.exchange,
            expected=f"no stale=true for {what}: it would be sent again and again",
        )
        challenge = found or opsmanager.new_challenge()
    unchanged = expect_no_effect(opsmanager, operation, group, before, "a call with a wrong digest")
    opsmanager.judge.expect("OM-COMMON-13", True, expected="an error document, looked at in every exchange")
    expect_let_in(opsmanager, operation, group, job_id, unchanged=unchanged)
    # The nonce has just let in: each further digest over it is looked at as closely as the first one.
    wrong = "a wrong private key"
    answer = opsmanager.send_written(operation, unsigned(opsmanager, operation, group, job_id), TAMPERED[wrong])
    expect_refused(opsmanager, "OM-COMMON-08", answer, f"the digest has {wrong}, over a nonce that is in use", 401)


def unsigned(opsmanager: OpsManager, operation: str, group: Group, job_id: str) -> Request:
    """A call without credentials, to be given some."""
    return opsmanager.call_request(operation, group.id, job_id, headers={"Authorization": None})


@EACH
@decides("OM-COMMON-09", "OM-COMMON-02", "OM-RETRY-21")
def test_other_schemes(opsmanager: OpsManager, operation: str) -> None:
    """The right key pair in the scheme Basic, and what is no digest at all, let nobody in."""
    group, job_id = home_of(opsmanager, operation)
    before = snapshot_for(opsmanager, operation, group)

    pair = f"{opsmanager.public_key}:{opsmanager.private_key}".encode()
    basic = base64.b64encode(pair).decode()
    for value in (f"Basic {basic}", f"basic {basic}")[: 2 if operation == RETRY else 1]:
        answer = send_with(opsmanager, operation, group, job_id, value, about="OM-COMMON-09")
        expect_refused(opsmanager, "OM-COMMON-09", answer, "Basic is no scheme of this API", 401)
        if operation == RETRY:
            expect_refused(opsmanager, "OM-RETRY-21", answer, "Basic is no scheme of this API", 401)
    for token in (basic, opsmanager.private_key)[: 2 if operation == RETRY else 1]:
        answer = send_with(opsmanager, operation, group, job_id, f"Bearer {token}", about="OM-COMMON-09")
        # Those who know the scheme may call such a token malformed.
        expect_refused(opsmanager, "OM-COMMON-09", answer, "Bearer is no scheme of this API", 401, 400)
    unreadable = (
        "",
        "Digest",
        "Digest ,,,",
        f'Digest username="{opsmanager.public_key}"',
        'Digest username="',
        "x",
        "\xe9",
    )
    for value in unreadable if operation == RETRY else unreadable[3:4]:
        answer = send_with(opsmanager, operation, group, job_id, value, about="OM-COMMON-02")
        # Unreadable credentials are none, or a malformed request.
        expect_refused(opsmanager, "OM-COMMON-02", answer, f"{value!r} is no digest", 401, 400)
    answer = opsmanager.send_written(operation, unsigned(opsmanager, operation, group, job_id), in_scheme("DigestX"))
    expect_refused(opsmanager, "OM-COMMON-09", answer, "DigestX is no scheme of this API", 401, 400)
    expect_no_effect(opsmanager, operation, group, before, "a call without a digest")


@pytest.mark.parametrize("what", ODD_COUNTS)
@decides("OM-COMMON-02")
def test_odd_counts_are_no_fault(opsmanager: OpsManager, what: str) -> None:
    """Whether a digest with an odd nonce count is taken is open, but it is no fault of the server (opsmanager R-13)."""
    group, job_id = home_of(opsmanager, LIST)
    answer = opsmanager.send_written(LIST, unsigned(opsmanager, LIST, group, job_id), ODD_COUNTS[what])
    opsmanager.judge.expect(
        "OM-COMMON-02",
        answer.status < 500,
        answer.exchange,
        expected=f"no fault of the server, since the digest has {what}",
    )


def send_with(
    opsmanager: OpsManager, operation: str, group: Group, job_id: str, value: str | None, *, about: str
) -> Answer:
    """Make a call with this Authorization."""
    request = opsmanager.with_authorization(unsigned(opsmanager, operation, group, job_id), value)
    return opsmanager.send(operation, request, replace(WRONG, about=about))


@decides("OM-COMMON-42", "OM-RETRY-21")
def test_digest_for_another_address(opsmanager: OpsManager) -> None:
    """A digest for one address should not open another: another job, another project, another query."""
    group, other = opsmanager.fresh_group([FAILED] * 2), opsmanager.fresh_group([FAILED])
    before, elsewhere = before_retry(opsmanager, group), before_retry(opsmanager, other)

    challenge = opsmanager.new_challenge()
    answers = []
    for sent, signed in (
        ((group.id, group.ids[0], {}), (group.id, group.ids[1], {})),
        ((other.id, other.ids[0], {}), (group.id, group.ids[0], {})),
        ((group.id, group.ids[0], {"pretty": "true"}), (group.id, group.ids[0], {})),
        ((group.id, group.ids[0], {}), (group.id, group.ids[0], {"pretty": "true"})),
    ):
        request, covered = (opsmanager.retry_request(*each, headers={"Authorization": None}) for each in (sent, signed))
        digest = opsmanager.digest(covered, challenge)
        answer = opsmanager.send(RETRY, opsmanager.with_authorization(request, digest.header()), WRONG)
        opsmanager.judge.expect(
            "OM-COMMON-42",
            answer.status in (400, 401),
            answer.exchange,
            expected=f"400 or 401, since the digest is for {covered.target}",
        )
        answers.append(answer)
        challenge = challenge_of(answer.response) or opsmanager.new_challenge()
    if all(answer.refused for answer in answers):
        for each, jobs in ((group, before), (other, elsewhere)):
            expect_unchanged(opsmanager, "OM-RETRY-21", each, jobs, "since a digest for another address was refused")
    else:
        opsmanager.judge.leave_out("OM-RETRY-21")


@decides("OM-COMMON-06", "OM-RETRY-21", "OM-COMMON-12")
def test_right_digest_after_wrong_ones(opsmanager: OpsManager) -> None:
    """As every client does, a retry goes out without credentials first and then with them, and works just once."""
    group = opsmanager.group([FAILED])
    before = before_retry(opsmanager, group)
    request = unsigned(opsmanager, RETRY, group, group.ids[0])

    first = opsmanager.send(RETRY, request, STRANGER)
    expect_refused(opsmanager, "OM-RETRY-21", first, "there are no credentials", 401)
    challenge: Challenge | None = challenge_of(first.response)
    if challenge is None:
        raise Untestable("there is no challenge to answer", because="OM-COMMON-03")
    if not expect_unchanged(opsmanager, "OM-RETRY-21", group, before, "since the first request had no credentials"):
        raise Untestable("a request without credentials had an effect", because="OM-RETRY-21")
    value = opsmanager.digest(request, challenge).header()
    answer = opsmanager.send(RETRY, opsmanager.with_authorization(request, value), WRONG)
    let_in = answer.status != 401
    if not let_in:
        # Where another nonce lets in, it is this one alone that is not good.
        value = opsmanager.digest(request, opsmanager.new_challenge()).header()
        let_in = not opsmanager.send(RETRY, opsmanager.with_authorization(request, value), WRONG).accepted
    opsmanager.judge.expect(
        "OM-COMMON-12", let_in, answer.exchange, expected="200 for the first use of a nonce just given"
    )
    expect_retried(opsmanager, answer, "the challenge was answered", "OM-COMMON-06")
