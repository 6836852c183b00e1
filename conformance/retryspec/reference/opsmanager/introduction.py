"""What the front page says about Ops Manager: ids to try, and commands that work when they are pasted."""

from collections.abc import Mapping

from retryspec.reference.apis import Introduction, LiveTask
from retryspec.reference.opsmanager.sample import SAMPLE_GROUP
from retryspec.reference.opsmanager.store import State, Store

__all__ = ["introduction"]

TASKS_SHOWN = 20

CURL = """\
base={base}/groups/{group}/logCollectionJobs
curl -sS --digest -u {key}:{secret} "$base?verbose=true&pretty=true\""""

CURL_RETRY = """\
curl -sS -i --digest -u {key}:{secret} -X PUT "$base/{failed}/retry?pretty=true"
curl -sS --digest -u {key}:{secret} "$base/{failed}?pretty=true\""""

PYPI = """\
from opsmanager import OpsManagerClient

with OpsManagerClient("{host}", "{key}", "{secret}", rate_limit=0) as client:
    for job in client.log_collection.list("{group}"):
        print(job.id, job.status)
    client.log_collection.retry("{group}", "{second}")
    print(client.log_collection.get("{group}", "{second}").status)"""

HTTPX = """\
import httpx
from retryspec_models.opsmanager.stubs import Client

auth = httpx.DigestAuth("{key}", "{secret}")
with httpx.Client(base_url="{base}", auth=auth) as http:
    client = Client(http)
    for job in client.get_log_collection_jobs(group_id="{group}").results:
        print(job.id, job.status)"""


def introduction(store: Store, base_url: str, keys: Mapping[str, str], default: bool, now: float) -> Introduction:
    """Return what a person needs to try the sample project; `base_url` has the path; given secrets are not shown."""
    key, secret = next(iter(keys.items()))
    jobs = store.jobs(SAMPLE_GROUP)
    failed = [*(job.id for job in jobs if job.state(now) is State.FAILURE), "0" * 24]
    values = {
        "base": base_url,
        "host": base_url.partition("/api/")[0],
        "group": SAMPLE_GROUP,
        "key": key,
        "secret": secret if default else "<your private key>",
        "failed": failed[0],
        "second": failed[1] if len(failed) > 1 else failed[0],
    }
    facts = [
        ("base URL", base_url),
        ("public key", values["key"]),
        ("private key", values["secret"]),
        ("project", SAMPLE_GROUP),
    ]
    commands = [
        ("List the jobs of the project, with their child jobs (curl)", CURL.format(**values)),
        ("Retry a failed one and look at it (in the same shell)", CURL_RETRY.format(**values)),
        ("With a client that others wrote (opsmanager)", PYPI.format(**values)),
        ("With the generated client (httpx)", HTTPX.format(**values)),
    ]
    live = [LiveTask(job.id, job.state(now), f"{job.resource_type} {job.resource_name}") for job in jobs[:TASKS_SHOWN]]
    return Introduction("opsmanager", "MongoDB Ops Manager: log collection jobs", facts, live, commands)
