"""Access tokens that are good for a while only: the suite gets another one, unless a token should still be good."""

import pytest
from retryspec.reference.target import reference_target
from retryspec.reference.vcf import admission
from retryspec.runner import Plan, run
from retryspec.suite.vcf import wire


@pytest.mark.parametrize(("good_for", "lasts", "exit_code"), [(2, 0.0, 0), (0.3, 60.0, 1)])
def test_token_that_expires_is_replaced(
    good_for: float, lasts: float, exit_code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run goes on with a new token where the old one may have expired, and else a 401 is an answer like any other."""
    monkeypatch.setattr(admission, "ACCESS_SECONDS", good_for)
    monkeypatch.setattr(wire, "TOKEN_LASTS", lasts)
    only = ("VCF-STATE-02", "VCF-GET-0*", "VCF-LIST-05")
    with reference_target(["vcf"]) as target:
        report = run(Plan(target=target, only=only, depth="quick", max_time=60))

    (api,) = report.apis
    broken = [each.behaviour.id for each in api.behaviours if each.outcome == "fail"]
    assert (report.exit_code, bool(broken)) == (exit_code, bool(exit_code)), broken
