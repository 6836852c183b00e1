"""The catalogue: documents and checks agree with each other in both directions."""

from pathlib import Path

import pytest
from retryspec.catalogue import catalogue_json, checks_by_behaviour
from retryspec.documents import load_document, slugs
from retryspec.session import suite_folder

CHECKED = [slug for slug in slugs() if suite_folder(slug).is_dir()]


@pytest.mark.parametrize("slug", CHECKED)
def test_every_observable_behaviour_has_a_check(slug: str) -> None:
    """What can be seen over HTTP is looked at by at least one check."""
    checks = checks_by_behaviour(slug)
    behaviours = load_document(slug).behaviours

    assert [name for name, one in behaviours.items() if not one.unobservable and not checks[name]] == []


@pytest.mark.parametrize("slug", CHECKED)
def test_every_check_decides_a_behaviour_that_there_is(slug: str) -> None:
    """No check decides what no document says, and none decides what is said to be unobservable."""
    behaviours = load_document(slug).behaviours
    decided = {name for name, checks in checks_by_behaviour(slug).items() if checks}

    assert decided - set(behaviours) == set()
    assert [name for name in decided if behaviours[name].unobservable] == []


@pytest.mark.parametrize("slug", CHECKED)
def test_every_check_is_found(slug: str) -> None:
    """A function of the suite that is called like a check decides something."""
    named = {name for names in checks_by_behaviour(slug).values() for name in names}
    written = {
        f"suite/{slug}/{path.name}::{line.split('(')[0].removeprefix('def ')}"
        for path in suite_folder(slug).glob("test_*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith("def test_")
    }

    assert named == written


@pytest.mark.parametrize("slug", CHECKED)
def test_catalogue_says_what_the_document_says(slug: str) -> None:
    """An entry has all that there is to know about a behaviour."""
    for entry in catalogue_json(slug):
        behaviour = load_document(slug).behaviours[entry["id"]]
        assert (entry["api"], entry["level"], entry["says"]) == (slug, behaviour.level.value, behaviour.says)
        assert (entry["operation"], entry["source"]) == (behaviour.operation, behaviour.source)
        assert (entry["decision"], entry["unobservable"]) == (list(behaviour.decision), behaviour.unobservable)
        for check in entry["checks"]:
            file, _, _ = check.partition("::")
            assert (Path(suite_folder("")).parent / file).is_file()
