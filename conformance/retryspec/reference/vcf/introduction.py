"""What the front page says about VCF: ids to try, and commands that work when they are pasted."""

from collections.abc import Mapping

from retryspec.reference.apis import Introduction, LiveTask
from retryspec.reference.vcf.store import State, Store

__all__ = ["introduction"]

TASKS_SHOWN = 20

CURL_TOKEN = """\
token=$(curl -sS '{base}/v1/tokens' -H 'Content-Type: application/json' \\
  -d '{{"username": "{username}", "password": "{password}"}}' | sed 's/.*"accessToken":"\\([^"]*\\)".*/\\1/')
curl -sS '{base}/v1/tasks?taskStatus=Failed&pageSize=10' -H "Authorization: Bearer $token\""""

CURL_RETRY = """\
curl -sS -i -X PATCH '{base}/v1/tasks/{failed}' -H "Authorization: Bearer $token"
curl -sS '{base}/v1/tasks/{failed}' -H "Authorization: Bearer $token\""""

SDK = """\
import requests
from vmware.sddc_manager.v1_client import Tasks, Tokens
from vmware.sddc_manager.model_client import TokenCreationSpec
from vmware.vapi.lib.connect import get_requests_connector
from vmware.vapi.stdlib.client.factories import StubConfigurationFactory

session = requests.Session()
connector = get_requests_connector(session, msg_protocol="rest", url="{base}")
config = StubConfigurationFactory.new_std_configuration(connector)
spec = TokenCreationSpec(username="{username}", password="{password}")
session.headers["Authorization"] = "Bearer " + Tokens(config).create_token(spec).access_token
tasks = Tasks(config)
tasks.retry_task("{other}")
print(tasks.get_task("{other}").status)"""

HTTPX = """\
import httpx
from retryspec.authentication.vcf import TokenAuth
from retryspec_models.vcf.stubs import Client

with httpx.Client(base_url="{base}", auth=TokenAuth("{username}", "{password}")) as http:
    client = Client(http)
    for task in client.get_tasks(task_status="Failed").elements:
        print(task.id, task.status, task.name)"""


def introduction(store: Store, base_url: str, users: Mapping[str, str], default: bool, now: float) -> Introduction:
    """Return what a person needs to try the tasks at an address; a password that was given is not shown."""
    username, password = next(iter(users.items()))
    tasks = store.tasks()
    # One for each command that retries: the second retry of the same would be refused.
    may_run = [task.id for task in tasks if task.state(now) is State.FAILED and task.retryable and task.fault is None]
    failed, other, *_ = [*may_run, "task-id", "task-id"]
    values = {
        "base": base_url.rstrip("/"),
        "username": username,
        "password": password if default else "<your password>",
        "failed": failed,
        "other": other,
    }
    facts = [
        ("username", values["username"]),
        ("password", values["password"]),
    ]
    commands = [
        ("Sign in and list failed tasks (bash, curl)", CURL_TOKEN.format(**values)),
        ("Retry one and look at it (in the same shell)", CURL_RETRY.format(**values)),
        ("With the vendor's client (vcf-sdk)", SDK.format(**values)),
        ("With httpx", HTTPX.format(**values)),
    ]
    live = [LiveTask(task.id, task.state(now), task.name) for task in tasks[:TASKS_SHOWN]]
    return Introduction("vcf", "VMware Cloud Foundation: SDDC Manager tasks", facts, live, commands)
