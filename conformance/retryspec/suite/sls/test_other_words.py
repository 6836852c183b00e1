"""Refusals that stay the same whatever else a request asks for, and whoever else asks at the same moment."""

from dataclasses import replace

from retryspec.authentication.sls import string_to_sign
from retryspec.checks import Untestable, decides
from retryspec.suite.sls.client import Sls
from retryspec.suite.sls.expectations import Surroundings, expect_no_effect, expect_refused
from retryspec.suite.sls.model import Shipper, TaskPlan

FAILED = TaskPlan("fail")


def absences(shipper: Shipper) -> list[tuple[str, Shipper, int, str]]:
    """What does not exist, each beside names that do: the behaviour, where it would be, the status and the code."""
    return [
        ("SLS-COMMON-14", replace(shipper, project="absent-p"), 404, "ProjectNotExist"),
        ("SLS-COMMON-15", replace(shipper, logstore="absent-l"), 404, "LogStoreNotExist"),
        ("SLS-COMMON-16", replace(shipper, name="absent-s"), 400, "ShipperNotExist"),
    ]


@decides("SLS-COMMON-14", "SLS-COMMON-15", "SLS-COMMON-16")
def test_what_is_absent_is_so_for_every_list(sls: Sls) -> None:
    """A status, an offset or a size does not change the refusal of what does not exist."""
    shipper = sls.some_shipper([FAILED])

    for behaviour, absent, status, code in absences(shipper):
        what = f"{absent.project}/{absent.logstore}/{absent.name} does not exist"
        answer = sls.get(absent, status="fail", offset=1, size=1)
        expect_refused(sls, behaviour, answer, what, statuses=(status,), codes=(code,))


@decides("SLS-COMMON-14", "SLS-COMMON-15", "SLS-COMMON-16", "SLS-RETRY-11")
def test_what_is_absent_is_so_for_every_retry(sls: Sls) -> None:
    """Neither two tasks nor none are retried where there is no shipper."""
    shipper = sls.shipper([FAILED, FAILED])
    around = Surroundings.of(sls, shipper)
    answers = []

    for behaviour, absent, status, code in absences(shipper):
        what = f"{absent.project}/{absent.logstore}/{absent.name} does not exist"
        answers.append(sls.put(absent, shipper.ids("fail")))
        expect_refused(sls, behaviour, answers[-1], what, statuses=(status,), codes=(code,))
        if absent.name == shipper.name:
            continue
        # Whether an empty list is refused for being empty is open (sls A-43), that it is refused here is not.
        answers.append(sls.put(absent, []))
        sls.judge.expect(behaviour, answers[-1].refused, answers[-1].exchange, expected=f"a refusal, since {what}")
    expect_no_effect(sls, around, answers, "a call to what does not exist")


@decides("SLS-COMMON-05", "SLS-RETRY-11")
def test_signatures_are_told_apart_at_one_moment(sls: Sls) -> None:
    """A wrong signature is refused also while right ones of the same key are under way, and these are accepted."""
    if not sls.verifies_signatures:
        raise Untestable("the target says verifies_signatures = false")
    shipper = sls.shipper([FAILED])
    around = Surroundings.of(sls, shipper)
    window = sls.window()

    right = [sls.get_request(shipper, window) for _ in range(3)]
    wrong = [sls.get_request(shipper, window, secret="not-the-secret-of-this-key") for _ in range(2)]
    retry = sls.put_request(shipper, shipper.ids("fail"))
    wrong.append(sls.signed_over(retry, string_to_sign("GET", retry.target, retry.headers)))
    answers = sls.send_together([*right, *wrong])

    for answer in answers[: len(right)]:
        sls.judge.expect(
            "SLS-COMMON-05", answer.accepted, answer.exchange, expected="200, since this one is signed as it should be"
        )
    for answer in answers[len(right) :]:
        sls.judge.expect(
            "SLS-COMMON-05",
            answer.refused,
            answer.exchange,
            expected="a refusal, since this one is signed wrongly, whatever comes with it",
            conclusive=answer.accepted,
        )
    expect_no_effect(sls, around, answers[len(right) :], "a wrongly signed request among others")
