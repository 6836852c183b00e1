"""The suite finds every faulty server out, passes every lenient one, and has one of them for every behaviour.

Each server is started and checked over HTTP on loopback.
There are hundreds, so that a plain run takes some of them: a faulty one for each behaviour, a lenient one for each
decision. With RETRYSPEC_ALL_SERVERS set (`make detection`) it takes all.
"""

import os
from collections.abc import Hashable, Sequence

import pytest
from retryspec.behaviours import Level
from retryspec.documents import load_document, slugs
from retryspec.reference.target import reference_target
from retryspec.reference.variations import Kind, Variation, variations
from retryspec.runner import Plan, RunReport, run
from retryspec.verdicts import Outcome

# Long enough for a server that does as it should, short for one that never will.
SETTLE = 0.4

SPEAKS_AGAINST = (Outcome.FAIL, Outcome.WARN, Outcome.UNSTABLE)
ALL = bool(os.environ.get("RETRYSPEC_ALL_SERVERS"))


def chosen(kind: Kind, key: str, most: int) -> list[Variation]:
    """The servers of a kind, or so many of each that have a member in common."""
    every = variations(kind=kind)
    if ALL:
        return every
    groups: dict[Hashable, list[Variation]] = {}
    for one in every:
        value = getattr(one, key)
        group = value[0] if isinstance(value, tuple) else value
        groups.setdefault((one.slug, group), []).append(one)
    return [one for group in groups.values() for one in spread(group, most)]


def spread(group: Sequence[Variation], most: int) -> Sequence[Variation]:
    """The first, the last and others between them."""
    step = max(1, (len(group) - 1) // max(1, most - 1))
    return group[::step][:most]


def named(variation: Variation) -> str:
    """The id of a test."""
    return variation.name


def checked(variation: Variation, only: tuple[str, ...] = ()) -> RunReport:
    """What the suite says of a server."""
    depth = "standard" if variation.slow else "quick"
    with reference_target((variation.slug,), variations=(variation.name,)) as target:
        return run(Plan(target=target, slugs=(variation.slug,), only=only, settle=SETTLE, depth=depth))


def reported(report: RunReport) -> set[str]:
    """The ids of what speaks against a server."""
    results = [result for api in report.apis for result in api.behaviours]
    return {result.behaviour.id for result in results if result.outcome in SPEAKS_AGAINST}


@pytest.mark.parametrize("variation", chosen(Kind.FAULTY, "behaviours", 1), ids=named)
def test_faulty_server_is_found_out(variation: Variation) -> None:
    """The behaviour that a server breaks is reported, and a broken MUST ends in exit code 1."""
    report = checked(variation, only=variation.behaviours)
    if variation.behaviours[0] not in reported(report):
        report = checked(variation)  # some faults show only in what other checks bring about

    outcomes = {result.outcome for api in report.apis for result in api.behaviours}
    against = reported(report)
    assert variation.behaviours[0] in against, f"{variation.says} Reported: {against or 'nothing'}."
    assert Outcome.ERROR not in outcomes
    assert report.exit_code == (0 if variation.warns else 1)


@pytest.mark.parametrize("variation", chosen(Kind.LENIENT, "decision", 1), ids=named)
def test_lenient_server_passes(variation: Variation) -> None:
    """A server that takes a permitted reading ends in exit code 0, without a failed behaviour."""
    report = checked(variation)

    failed = {
        result.behaviour.id: [(f.expected, f.received) for f in result.findings] or result.reason
        for api in report.apis
        for result in api.behaviours
        if result.outcome in (Outcome.FAIL, Outcome.ERROR)
    }
    assert not failed
    assert report.exit_code == 0


@pytest.mark.parametrize("slug", slugs())
def test_every_behaviour_has_a_faulty_server(slug: str) -> None:
    """The only MUSTs and SHOULDs that no faulty server breaks are those marked unobservable, with a reason."""
    broken = {behaviour for variation in variations(slug, Kind.FAULTY) for behaviour in variation.behaviours}
    behaviours = load_document(slug).behaviours.values()

    without = {b.id for b in behaviours if b.level is not Level.MAY and b.id not in broken}
    assert without == {b.id for b in behaviours if b.level is not Level.MAY and b.unobservable}
