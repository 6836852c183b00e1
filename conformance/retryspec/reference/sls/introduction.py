"""What the front page says about SLS: names and ids to try, and commands that work when they are pasted."""

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

from retryspec.reference.apis import Introduction, LiveTask
from retryspec.reference.sls.sample import SAMPLE
from retryspec.reference.sls.store import State, Store, Task

__all__ = ["introduction"]

DAYS_SHOWN = 2
TASKS_SHOWN = 20

CURL = """\
key={key}; secret={secret}
path=/logstores/{logstore}/shipper/{shipper}/tasks
now=$(date +%s); query="from=$((now - 86400))&to=$((now + 60))"
date=$(LC_ALL=C date -u '+%a, %d %b %Y %H:%M:%S GMT')
headers=$'x-log-apiversion:0.6.0\\nx-log-signaturemethod:hmac-sha1'
signature=$(printf 'GET\\n\\n\\n%s\\n%s\\n%s?%s' "$date" "$headers" "$path" "$query" \\
  | openssl dgst -sha1 -hmac "$secret" -binary | base64)
curl -sS "{base}$path?$query" -H 'Host: {host}' -H "Date: $date" -H "Authorization: LOG $key:$signature" \\
  -H 'x-log-apiversion: 0.6.0' -H 'x-log-signaturemethod: hmac-sha1'"""

CURL_RETRY = """\
body='["{failed}"]'
md5=$(printf %s "$body" | openssl dgst -md5 -r | cut -c1-32 | tr a-f A-F)
date=$(LC_ALL=C date -u '+%a, %d %b %Y %H:%M:%S GMT')
signature=$(printf 'PUT\\n%s\\napplication/json\\n%s\\n%s\\n%s' "$md5" "$date" "$headers" "$path" \\
  | openssl dgst -sha1 -hmac "$secret" -binary | base64)
curl -sS -i -X PUT "{base}$path" -d "$body" -H 'Host: {host}' -H "Date: $date" \\
  -H "Authorization: LOG $key:$signature" -H "Content-MD5: $md5" -H 'Content-Type: application/json' \\
  -H 'x-log-apiversion: 0.6.0' -H 'x-log-signaturemethod: hmac-sha1'"""

SDK = """\
import time
from aliyun.log import LogClient

client = LogClient("{base}", "{key}", "{secret}", source="127.0.0.1")
client._isRowIp = True  # an address: the project goes into Host alone
now = int(time.time())
page = client.get_shipper_tasks("{project}", "{logstore}", "{shipper}", now - 86400, now + 60)
client.retry_shipper_tasks("{project}", "{logstore}", "{shipper}", page.get_fail_task_ids()[:10])
client.get_shipper_tasks("{project}", "{logstore}", "{shipper}", now - 86400, now + 60).log_print()"""

HTTPX = """\
import time
import httpx
from retryspec.authentication.sls import SlsAuth

now = int(time.time())
headers = {{"Host": "{host}"}}
with httpx.Client(base_url="{base}", auth=SlsAuth("{key}", "{secret}"), headers=headers) as http:
    window = {{"from": now - 86400, "to": now + 60, "status": "fail"}}
    answer = http.get("/logstores/{logstore}/shipper/{shipper}/tasks", params=window)
    print(answer.json())"""


def introduction(store: Store, base_url: str, keys: Mapping[str, str], default: bool, now: float) -> Introduction:
    """Return what a person needs to try the sample shipper at an address; secrets that were given are not shown."""
    key, secret = next(iter(keys.items()))
    tasks = _tasks(store, now)
    values = {
        "base": base_url.rstrip("/"),
        "host": f"{SAMPLE.project}.{urlsplit(base_url).hostname or 'localhost'}",
        "project": SAMPLE.project,
        "logstore": SAMPLE.logstore,
        "shipper": SAMPLE.shipper,
        "key": key,
        "secret": secret if default else "<your secret>",
        "failed": next((task.id for task in tasks if task.state(now) is State.FAIL), "task-id"),
    }
    facts = [
        ("AccessKeyId", values["key"]),
        ("AccessKeySecret", values["secret"]),
        ("project, the first label of Host", SAMPLE.project),
        ("logstore", SAMPLE.logstore),
        ("shipper", SAMPLE.shipper),
    ]
    commands = [
        ("List the tasks of the last day (bash, openssl, curl)", CURL.format(**values)),
        ("Retry a failed one (in the same shell)", CURL_RETRY.format(**values)),
        ("With the vendor's client (aliyun-log-python-sdk)", SDK.format(**values)),
        ("With httpx", HTTPX.format(**values)),
    ]
    live = [LiveTask(task.id, task.state(now), f"created {_clock(task.created)}") for task in tasks[:TASKS_SHOWN]]
    return Introduction("sls", "Alibaba Cloud SLS: LogShipper tasks", facts, live, commands)


def _tasks(store: Store, now: float) -> list[Task]:
    shipper = store.shipper(SAMPLE)
    return [] if shipper is None else store.tasks(shipper, int(now) - DAYS_SHOWN * 86400, int(now) + 1)


def _clock(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%H:%M UTC")
