"""That the example variations of the Ops Manager server differ, in one respect, from the reference."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
from retryspec.reference.app import application
from retryspec.reference.serve import running


@dataclass(frozen=True, slots=True)
class Client:
    """Calls to one project."""

    http: httpx.Client
    path: str
    ids: list[str]

    def states(self) -> list[str]:
        """Return the status of every job, in the order of the ids."""
        found = {job["id"]: job["status"] for job in self.http.get(self.path).json()["results"]}
        return [found[id_] for id_ in self.ids]

    def retry(self, place: int = 0, *, content: bytes = b"") -> httpx.Response:
        """Return the answer to a retry."""
        return self.http.put(f"{self.path}/{self.ids[place]}/retry", content=content)


@contextmanager
def project(*names: str, key: str = "retryspec-key") -> Iterator[Client]:
    """A project with two failed jobs and one that has succeeded, on a server with variations."""
    jobs = [{"status": status} for status in ("FAILURE", "FAILURE", "SUCCESS")]
    body = {"action": "setup", "state": "log collection jobs", "params": {"jobs": jobs}}
    with (
        running(application(["opsmanager"], provider_states=True, variations=names)) as base_url,
        httpx.Client(auth=httpx.DigestAuth("retryspec", key), base_url=base_url, timeout=10) as http,
    ):
        made = http.post("/_states", json=body).json()
        yield Client(http, f"/api/public/v1.0/groups/{made['groupId']}/logCollectionJobs", made["ids"])


def test_store_is_overridden() -> None:
    """A replaced store runs what it should not."""
    with project("opsmanager-successful-run-again") as client:
        assert client.retry(2).status_code == 200
        assert client.states() == ["FAILURE", "FAILURE", "IN_PROGRESS"]
    with project("opsmanager-whole-group-runs-again") as client:
        assert client.retry().status_code == 200
        assert client.states() == ["IN_PROGRESS", "IN_PROGRESS", "SUCCESS"]


def test_authentication_is_overridden() -> None:
    """A wrong private key is let in, or a nonce does for one request only."""
    with project("opsmanager-response-ignored", key="wrong") as client:
        assert client.retry().status_code == 200
    with project(key="wrong") as client:
        assert client.retry().status_code == 401
    with project("opsmanager-nonce-once") as client:
        answers = [client.http.get(client.path) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200] * 3
        assert [len(answer.history) for answer in answers] == [1, 1, 1]
        assert "stale=true" in answers[1].history[0].headers["www-authenticate"]


def test_lists_are_overridden() -> None:
    """The total, the bounds of a page and the envelope are other than the reference's."""
    with project("opsmanager-total-of-page", "opsmanager-items-clamped", "opsmanager-list-in-content") as client:
        assert client.http.get(client.path, params={"itemsPerPage": 2}).json()["totalCount"] == 2
        page = client.http.get(client.path, params={"itemsPerPage": 501}).json()
        assert len(page["results"]) == 3
        assert "itemsPerPage=500" in page["links"][0]["href"]
        assert client.http.get(client.path, params={"itemsPerPage": 0}).status_code == 400
        wrapped = client.http.get(client.path, params={"envelope": "true"}).json()
        assert (wrapped["status"], len(wrapped["content"]["results"])) == (200, 3)


def test_body_is_refused() -> None:
    """A retry with a body is 415 and runs nothing, one without is done."""
    with project("opsmanager-body-refused") as client:
        assert client.retry(content=b"{}").status_code == 415
        assert client.states()[0] == "FAILURE"
        assert client.retry().status_code == 200
