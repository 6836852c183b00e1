"""The SLS store and the contract's own words: what cannot be seen over HTTP, or not as well."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path

import httpx
import pytest
from retryspec.authentication.sls import SlsAuth
from retryspec.reference.app import application
from retryspec.reference.database import Database
from retryspec.reference.serve import running
from retryspec.reference.sls import faults
from retryspec.reference.sls.faults import Fault
from retryspec.reference.sls.sample import SAMPLE, Wish, keep_sample, made
from retryspec.reference.sls.store import Shipper, ShipperName, State, Store
from retryspec_models.sls import RetryTaskIds, StatusFilter
from retryspec_models.sls.stubs import Client, GetShipperStatusError

NAME = ShipperName("p", "l", "s")
ALL_TIME = (0, 2**62)


@pytest.fixture(params=["temporary", "named"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store in a database of either kind."""
    database = Database(tmp_path / "state.sqlite" if request.param == "named" else None)
    yield Store(database)
    database.close()


def with_failed(store: Store, number: int) -> tuple[Shipper, list[str]]:
    """Return a new shipper with failed tasks, and their ids."""
    tasks = [made(Wish(State.FAIL, 900 + place), place, 1000.0) for place in range(number)]
    store.add_shipper(NAME, tasks)
    shipper = store.shipper(NAME)
    assert shipper is not None
    return shipper, [new.task.id for new in tasks]


def test_one_of_many_retries_wins(store: Store) -> None:
    """Of sixteen simultaneous retries of a task one starts it, and it has run once more."""
    shipper, ids = with_failed(store, 1)

    with ThreadPoolExecutor(16) as pool:
        started = list(pool.map(lambda _: store.start_again(shipper, ids, 2000.0), range(16)))

    assert sorted(started) == [0] * 15 + [1]
    assert [task.runs for task in store.tasks(shipper, *ALL_TIME)] == [1]


def test_two_processes_share_a_database(tmp_path: Path) -> None:
    """Two connections of two owners see the same tasks, and one retry wins among both."""
    one, two = (Store(Database(tmp_path / "state.sqlite")) for _ in range(2))
    shipper, ids = with_failed(one, 1)

    with ThreadPoolExecutor(8) as pool:
        started = list(pool.map(lambda n: (one, two)[n % 2].start_again(shipper, ids, 2000.0), range(8)))

    assert sum(started) == 1
    assert one.tasks(shipper, *ALL_TIME) == two.tasks(shipper, *ALL_TIME)
    one.database.close()
    two.database.close()


def test_failed_transaction_leaves_nothing(store: Store) -> None:
    """What is written in a transaction that raises is not there afterwards, and the next one is fine."""
    with_failed(store, 1)

    def half() -> None:
        with store.database.writing() as connection:
            connection.execute("DELETE FROM sls_shipper")
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        half()

    assert store.shipper(NAME) is not None
    store.drop_outdated(0)


def test_simultaneous_requests_renew_the_sample_once(store: Store) -> None:
    """Of many requests that find the sample outdated one renews it."""
    now = time.time()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: keep_sample(store, now), range(8)))

    shipper = store.shipper(SAMPLE)
    assert shipper is not None
    before = store.tasks(shipper, *ALL_TIME)
    assert [task.state(now) for task in before].count(State.RUNNING) == 2
    keep_sample(store, now + 11 * 3600)
    assert store.tasks(shipper, *ALL_TIME) == before
    keep_sample(store, now + 13 * 3600)
    assert len(store.tasks(shipper, *ALL_TIME)) == 2 * len(before)
    keep_sample(store, now + 100 * 3600)
    assert len(store.tasks(shipper, *ALL_TIME)) == len(before)


DOCUMENT = json.loads(files("retryspec_models.sls").joinpath("openapi.json").read_text(encoding="utf-8"))


def codes(node: object) -> set[str]:
    """Return every fixed value below a part of the document, references followed."""
    if isinstance(node, list):
        return set().union(*map(codes, node))
    if not isinstance(node, dict):
        return set()
    if "$ref" in node:
        target = DOCUMENT
        for name in node["$ref"].removeprefix("#/").split("/"):
            target = target[name]
        return codes(target)
    fixed = {*node.get("enum", []), *([node["const"]] if "const" in node else [])}
    return fixed.union(*(codes(value) for name, value in node.items() if name not in ("examples", "enum")))


@pytest.mark.parametrize("name", [name for name in faults.__all__ if name not in ("Fault", "PATH_UNKNOWN")])
def test_fault_is_one_that_the_document_lists(name: str) -> None:
    """Status and code of every refusal are in the document, for one of the operations at least."""
    fault = getattr(faults, name)
    assert isinstance(fault, Fault)
    (path,) = DOCUMENT["paths"].values()

    listed = [codes(path[method]["responses"][str(fault.status)]) for method in ("get", "put")]

    assert fault.code in set().union(*listed)


def test_generated_client_understands_the_server() -> None:
    """The client stub, with the signer, lists and retries tasks, and raises documented errors."""
    now = int(time.time())
    with (
        running(application(["sls"])) as base_url,
        httpx.Client(base_url=base_url, auth=SlsAuth("retryspec-id", "retryspec-secret")) as http,
    ):
        client = Client(http)

        def failed_ids() -> list[str]:
            page = client.get_shipper_status(
                logstore_name=SAMPLE.logstore,
                shipper_name=SAMPLE.shipper,
                from_=now - 90_000,
                to=now,
                status=StatusFilter("fail"),
            )
            return [task.id for task in page.tasks]

        failed = failed_ids()
        client.retry_shipper_task(
            logstore_name=SAMPLE.logstore, shipper_name=SAMPLE.shipper, body=RetryTaskIds(failed[:10])
        )
        after = failed_ids()
        with pytest.raises(GetShipperStatusError) as raised:
            client.get_shipper_status(logstore_name="日志/a", shipper_name="s", from_=now - 60, to=now)

    assert failed
    assert after == []
    assert "LogStoreNotExist" in str(raised.value)
