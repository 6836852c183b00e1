"""Clients that others wrote, unchanged, against the Ops Manager server: `opsmanager`, curl, requests, httpx."""

import importlib
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any, TypeAlias

import httpx
import pytest
from retryspec.reference.app import application
from retryspec.reference.credentials import Credentials
from retryspec.reference.serve import running

# As Any: they come without types, or with others than they have.
opsmanager: Any = importlib.import_module("opsmanager")
errors: Any = importlib.import_module("opsmanager.errors")
requests: Any = importlib.import_module("requests")

PUBLIC, PRIVATE = "retryspec", "retryspec-key"
API = "/api/public/v1.0"
UNKNOWN = "0123456789abcdef01234567"

Client: TypeAlias = Any  # PyPI's


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    """A server with provider states and with the sample."""
    with running(application(["opsmanager"], provider_states=True, sample=True)) as base_url:
        yield base_url


@pytest.fixture
def connect(base_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Client]]:
    """What makes the client as a user makes it, without its limit of two requests in a second."""
    monkeypatch.setenv("NO_PROXY", "*")
    clients: list[Client] = []

    def made(private_key: str) -> Client:
        clients.append(opsmanager.OpsManagerClient(base_url, PUBLIC, private_key, rate_limit=0))
        return clients[-1]

    yield made
    for client in clients:
        client.close()


@pytest.fixture
def client(connect: Callable[[str], Client]) -> Client:
    """The client with the right private key."""
    return connect(PRIVATE)


def made(base_url: str, *statuses: str) -> tuple[str, list[str]]:
    """Return a project and the ids of its jobs, which are in these states."""
    params = {"jobs": [{"status": status} for status in statuses]}
    body = {"action": "setup", "state": "log collection jobs", "params": params}
    answer = httpx.post(f"{base_url}/_states", json=body, timeout=30).json()
    return answer["groupId"], answer["ids"]


def test_client_lists_and_reads(client: Client, base_url: str) -> None:
    """The client reads a job by itself and in the list, with its child jobs where it asks for them."""
    group, ids = made(base_url, "FAILURE", "SUCCESS", "IN_PROGRESS", "MARKED_FOR_EXPIRY", "EXPIRED")

    jobs = client.log_collection.list(group)
    detailed = client.log_collection.get(group, ids[0], verbose=True, as_obj=False)

    assert {job.id: job.status for job in jobs} == dict(
        zip(ids, ["FAILURE", "SUCCESS", "IN_PROGRESS", "MARKED_FOR_EXPIRY", "EXPIRED"], strict=True)
    )
    assert client.log_collection.get(group, ids[1]).status == "SUCCESS"
    assert "FAILURE" in {child["status"] for child in detailed["childJobs"]}


def test_client_pages_through_all_jobs(client: Client, base_url: str) -> None:
    """The client pages until a page is short or empty, and so finds every job once."""
    group, ids = made(base_url, *["SUCCESS"] * 120)

    for size in (1, 7, 40, 100, 500):
        found = [job.id for job in client.log_collection.list_iter(group, items_per_page=size)]
        assert sorted(found) == sorted(ids)


def test_client_retries_a_failed_job(client: Client, base_url: str) -> None:
    """The client retries a failed job and sees it running; a second retry is a typed error."""
    group, (job,) = made(base_url, "FAILURE")

    client.log_collection.retry(group, job)

    assert client.log_collection.get(group, job).status == "IN_PROGRESS"
    with pytest.raises(errors.OpsManagerError) as raised:
        client.log_collection.retry(group, job)
    assert (raised.value.status_code, raised.value.error_code) == (400, "ONLY_FAILED_JOB_CAN_BE_RESTARTED")


def test_client_reports_unknown_ids(client: Client, base_url: str) -> None:
    """The client raises the code of what does not exist."""
    group, _ = made(base_url)
    cases = [
        (group, UNKNOWN, "LOG_COLLECTION_JOB_NOT_FOUND_IN_GROUP"),
        (group, "zz", "INVALID_LOG_COLLECTION_JOB_ID"),
        (UNKNOWN, UNKNOWN, "GROUP_NOT_FOUND"),
        ("zz", UNKNOWN, "INVALID_GROUP_ID"),
    ]

    for project, job, code in cases:
        for call in (client.log_collection.get, client.log_collection.retry):
            with pytest.raises(errors.OpsManagerError) as raised:
                call(project, job)
            assert (raised.value.status_code, raised.value.error_code) == (404, code)


def test_client_with_a_wrong_key_is_refused(connect: Callable[[str], Client], base_url: str) -> None:
    """A wrong private key is a 401 and changes nothing."""
    group, (job,) = made(base_url, "FAILURE")

    with pytest.raises(errors.OpsManagerError) as raised:
        connect("wrong").log_collection.retry(group, job)

    assert raised.value.status_code == 401
    assert connect(PRIVATE).log_collection.get(group, job).status == "FAILURE"


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
def test_curl_retries_a_failed_job(base_url: str) -> None:
    """The command of seed 003 works as it stands there."""
    group, (job,) = made(base_url, "FAILURE")
    url = f"{base_url}{API}/groups/{group}/logCollectionJobs/{job}/retry?pretty=true"
    headers = ["--header", "Accept: application/json", "--header", "Content-Type: application/json"]
    command = ["curl", "-sS", "--noproxy", "*", "--user", f"{PUBLIC}:{PRIVATE}", "--digest", *headers]

    def statuses() -> list[str]:
        words = [*command, "--include", "--request", "PUT", url]
        done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=30)
        return [line.split()[1] for line in done.stdout.splitlines() if line.startswith("HTTP/")]

    assert statuses() == ["401", "200"]
    assert statuses() == ["401", "400"]


def test_requests_uses_a_nonce_again(base_url: str) -> None:
    """A session of requests is challenged once, and then counts; a semicolon, which it does not sign, does no harm."""
    group, (job,) = made(base_url, "FAILURE")
    jobs = f"{base_url}{API}/groups/{group}/logCollectionJobs"
    with requests.Session() as session:
        session.trust_env = False
        session.auth = requests.auth.HTTPDigestAuth(PUBLIC, PRIVATE)

        answers = [session.get(jobs, timeout=10) for _ in range(17)]
        retry = session.put(f"{jobs}/{job}/retry", timeout=10)
        odd = session.get(f"{jobs}/{job};v=1", timeout=10)

    assert [len(answer.history) for answer in answers] == [1] + [0] * 16
    assert (retry.status_code, retry.content, len(retry.history)) == (200, b"", 0)
    assert (odd.status_code, odd.json()["errorCode"]) == (404, "INVALID_LOG_COLLECTION_JOB_ID")


def test_httpx_uses_a_nonce_again(base_url: str) -> None:
    """A client of httpx is challenged once, and its retry needs no second request."""
    group, (job,) = made(base_url, "FAILURE")
    jobs = f"{base_url}{API}/groups/{group}/logCollectionJobs"
    with httpx.Client(auth=httpx.DigestAuth(PUBLIC, PRIVATE)) as http:
        answers = [http.get(jobs) for _ in range(17)]
        retry = http.put(f"{jobs}/{job}/retry")

    assert [len(answer.history) for answer in answers] == [1] + [0] * 16
    assert (retry.status_code, retry.content, len(retry.history)) == (200, b"", 0)


def commands(page: str) -> list[str]:
    """Return the commands of a front page as a person would copy them."""
    return [unescape(found) for found in re.findall(r"<pre[^>]*><code[^>]*>(.*?)</code></pre>", page, re.DOTALL)]


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
def test_commands_of_the_front_page_work() -> None:
    """The commands of the front page, pasted one after the other, list and retry jobs."""
    with running(application(["opsmanager"])) as base_url:
        look, retry, vendor, own = commands(httpx.get(base_url, headers={"Accept": "text/html"}).text)
        programs = (["bash", "-c", f"{look}\n{retry}"], *([sys.executable, "-c", text] for text in (vendor, own)))
        shell, *python = [
            subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout for words in programs
        ]

    assert '"status" : "FAILURE"' in shell
    assert "HTTP/1.1 200 OK" in shell
    assert '"status" : "IN_PROGRESS"' in shell
    assert python[0].splitlines()[-1] == "IN_PROGRESS"
    assert python[1].count("FAILURE") == 2


def test_front_page_hides_keys_that_were_given() -> None:
    """A private key from a file does not stand on the front page."""
    given = Credentials({"opsmanager": {"public_key": "someone", "private_key": "very-secret"}})
    with running(application(["opsmanager"], credentials=given)) as base_url:
        page = httpx.get(base_url).text

    assert "someone" in page
    assert "very-secret" not in page
