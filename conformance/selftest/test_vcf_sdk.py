"""The vendor's Python client, unchanged, against the reference server (fact sheet, 6.2)."""

import importlib
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import httpx
import pytest
import requests
from retryspec.reference.app import application
from retryspec.reference.clock import SetClock, system_clock
from retryspec.reference.serve import running

with warnings.catch_warnings():
    # The client reads its texts by a deprecated function of importlib.resources when it is imported.
    warnings.filterwarnings("ignore", "read_binary is deprecated", DeprecationWarning)
    # As Any: it has no types.
    v1: Any = importlib.import_module("vmware.sddc_manager.v1_client")
    access_tokens: Any = importlib.import_module("vmware.sddc_manager.v1.tokens.access_token_client")
    model: Any = importlib.import_module("vmware.sddc_manager.model_client")
    connect: Any = importlib.import_module("vmware.vapi.lib.connect")
    errors: Any = importlib.import_module("vmware.vapi.bindings.error")
    provider: Any = importlib.import_module("vmware.vapi.provider.filter")
    factories: Any = importlib.import_module("vmware.vapi.stdlib.client.factories")

UNKNOWN = "5d2e9f10-7a6c-4b83-9e41-c0f8b35d726a"
Stub: TypeAlias = Any  # the vendor's


@dataclass(frozen=True, slots=True)
class Sdk:
    """The vendor's stubs for one server, as a user makes them."""

    base_url: str
    session: requests.Session
    config: Any
    clock: SetClock

    @property
    def tasks(self) -> Stub:
        """Return the stub of the tasks."""
        return v1.Tasks(self.config)

    @property
    def tokens(self) -> Stub:
        """Return the stub of the tokens."""
        return v1.Tokens(self.config)

    def login(self, password: str = "retryspec-pass") -> Any:
        """Sign in, and return the tokens."""
        pair = self.tokens.create_token(model.TokenCreationSpec(username="admin@local", password=password))
        self.session.headers["Authorization"] = f"Bearer {pair.access_token}"
        return pair

    def made(self, *tasks: Mapping[str, object]) -> list[str]:
        """Return the ids of new tasks."""
        asked = {"action": "setup", "state": "tasks", "params": {"tasks": tasks}}
        ids: list[str] = httpx.post(f"{self.base_url}/_states", json=asked).json()["ids"]
        return ids


def configured(session: requests.Session, base_url: str, filters: Sequence[Any] = ()) -> Any:
    """Return what the vendor's stubs are made from."""
    connector = connect.get_requests_connector(
        session, msg_protocol="rest", url=base_url, provider_filter_chain=list(filters)
    )
    return factories.StubConfigurationFactory.new_std_configuration(connector)


@pytest.fixture
def sdk() -> Iterator[Sdk]:
    """The client of a server with the sample and with provider states."""
    clock = SetClock(system_clock())
    app = application(["vcf"], provider_states=True, sample=True, clock=clock)
    with running(app) as base_url, requests.Session() as session:
        session.trust_env = False
        yield Sdk(base_url, session, configured(session, base_url), clock)


def test_client_signs_in_reads_and_retries(sdk: Sdk) -> None:
    """The client gets a token, reads a failed task with all its parts, retries it, and sees it end."""
    pair = sdk.login()
    (id_,) = sdk.made({"status": "FAILED", "name": "Commission host", "rerunSeconds": 30})

    before = sdk.tasks.get_task(id_)
    assert sdk.tasks.retry_task(id_) is None
    during = sdk.tasks.get_task(id_)
    sdk.clock.advance(31)
    after = sdk.tasks.get_task(id_)

    assert pair.refresh_token.id
    assert [task.status for task in (before, during, after)] == ["Failed", "In Progress", "Successful"]
    assert {task.id for task in (before, during, after)} == {id_}
    assert (before.name, before.type, before.is_retryable) == ("Commission host", "HOST_COMMISSION", True)
    assert [step.status for step in before.sub_tasks] == ["SUCCESSFUL", "FAILED", "PENDING"]
    assert before.sub_tasks[1].stages[0].errors[0].message
    assert before.errors[0].causes[0].message
    assert before.resources[0].type == "ESXI"
    assert before.localizable_description_pack.message_key
    assert (during.completion_timestamp, during.errors) == (None, [])
    assert after.completion_timestamp > before.completion_timestamp


@pytest.mark.parametrize("status", ["IN_PROGRESS", "SUCCESSFUL", "PENDING", "CANCELLED"])
def test_client_reports_what_cannot_be_retried(sdk: Sdk, status: str) -> None:
    """The client raises the Error of a 409."""
    sdk.login()
    (id_,) = sdk.made({"status": status})

    with pytest.raises(model.Error) as raised:
        sdk.tasks.retry_task(id_)

    assert raised.value.error_code == "TASK_NOT_RETRYABLE"
    assert raised.value.message
    assert raised.value.arguments[0] == id_
    assert len(raised.value.reference_token) == 6


@pytest.mark.parametrize("id_", [UNKNOWN, "日志 a", "none"])
def test_client_reports_an_unknown_task(sdk: Sdk, id_: str) -> None:
    """The client raises the Error of a 404, for reading and for a retry."""
    sdk.login()

    for call in (sdk.tasks.get_task, sdk.tasks.retry_task):
        with pytest.raises(model.Error) as raised:
            call(id_)
        assert (raised.value.error_code, raised.value.arguments) == ("TASK_NOT_FOUND", [id_])


def test_client_reports_an_internal_error(sdk: Sdk) -> None:
    """The client raises the Error of a 500 and reads it to its depth."""
    sdk.login()
    (id_,) = sdk.made({"status": "FAILED", "fault": "internal"})

    with pytest.raises(model.Error) as raised:
        sdk.tasks.retry_task(id_)

    assert raised.value.nested_errors[0].nested_errors[0].error_code == "CONNECTION_REFUSED"
    assert raised.value.context == {"component": "tasks"}


def test_client_lists_and_filters(sdk: Sdk) -> None:
    """The client reads pages, and every parameter that it has is taken."""
    sdk.login()
    ids = sdk.made(*[{"status": "FAILED", "name": "mine"}] * 3, {"status": "SUCCESSFUL", "name": "mine"})

    everything = sdk.tasks.get_tasks()
    page = sdk.tasks.get_tasks(
        limit=50,
        task_status="FAILED",
        page_number=1,
        page_size=2,
        order_by="creationTimestamp",
        order_direction="DESC",
        task_name="mine",
        completed_after=0,
        do_live_refresh=True,
    )
    resource = sdk.tasks.get_task(ids[0]).resources[0]
    narrow = sdk.tasks.get_tasks(task_type="HOST_COMMISSION", resource_id=resource.resource_id, resource_type="ESXI")

    assert {"Pending", "In Progress", "Successful", "Failed", "Cancelled"} <= {t.status for t in everything.elements}
    assert everything.page_metadata.total_elements == len(everything.elements)
    assert [task.id for task in page.elements] == ids[2:3]
    metadata = page.page_metadata
    assert (metadata.page_number, metadata.page_size, metadata.total_elements, metadata.total_pages) == (1, 1, 3, 2)
    assert [task.id for task in narrow.elements] == ids[:1]


class RefreshOnce(provider.ApiProviderFilter):  # type: ignore[misc]  # the vendor's class is an Any
    """Sends a call again with a fresh token when it was refused, by the codes that the vendor's sample looks for."""

    def __init__(self, refresh: Callable[[], None]) -> None:
        super().__init__()
        self._refresh = refresh
        self.refused: list[str] = []

    def invoke(self, service_id: str, operation_id: str, input_value: Any, ctx: Any) -> Any:
        """Return the result of a call."""
        result = super().invoke(service_id, operation_id, input_value, ctx)
        if result.error is None or not result.error.has_field("errorCode"):
            return result
        code = result.error.get_field("errorCode").value
        if code not in ("Unauthorized", "Unauthenticated"):
            return result
        self.refused.append(code)
        self._refresh()
        return super().invoke(service_id, operation_id, input_value, ctx)


def test_client_refreshes_its_token(sdk: Sdk) -> None:
    """A client with a filter like that of the vendor's sample goes on when its token has ended."""
    pair = sdk.login()

    def refresh() -> None:
        token = access_tokens.Refresh(sdk.config).refresh_access_token(pair.refresh_token.id)
        sdk.session.headers["Authorization"] = f"Bearer {token}"

    filter_ = RefreshOnce(refresh)
    patient = v1.Tasks(configured(sdk.session, sdk.base_url, [filter_]))
    sdk.clock.advance(3601)

    page = patient.get_tasks()

    assert page.elements
    assert filter_.refused == ["Unauthorized"]


def test_client_with_a_wrong_password_is_refused(sdk: Sdk) -> None:
    """The client raises an error for a login that is refused, and one that tells nothing for a call without a token."""
    with pytest.raises(errors.VapiError):
        sdk.login("wrong")
    with pytest.raises(errors.UnresolvedError):
        sdk.tasks.get_tasks()
