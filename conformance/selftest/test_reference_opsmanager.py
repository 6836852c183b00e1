"""The Ops Manager reference server, met over loopback as a client meets it, with its clock in the hands of the test."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import jsonschema
import pytest
from retryspec.reference.app import application
from retryspec.reference.clock import SetClock
from retryspec.reference.serve import running
from retryspec.reference.target import reference_target

KEY = httpx.DigestAuth("retryspec", "retryspec-key")
API = "/api/public/v1.0"
UNKNOWN = "0123456789abcdef01234567"
STATES = ["SUCCESS", "FAILURE", "IN_PROGRESS", "MARKED_FOR_EXPIRY", "EXPIRED"]
DOCUMENT = json.loads(files("retryspec_models.opsmanager").joinpath("openapi.json").read_text(encoding="utf-8"))


def valid(schema: str, value: object) -> None:
    """Assert that a value is what a schema of the document says, formats included."""
    root = {"$ref": f"#/components/schemas/{schema}", "components": DOCUMENT["components"]}
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.Draft202012Validator(root, format_checker=checker).validate(value)


@dataclass(frozen=True, slots=True)
class World:
    """A running server and its clock."""

    base_url: str
    clock: SetClock
    http: httpx.Client

    def group(self, *jobs: dict[str, Any]) -> "Group":
        """Return a new project with these jobs."""
        asked = {"action": "setup", "state": "log collection jobs", "params": {"jobs": list(jobs)}}
        answer = self.http.post("/_states", json=asked)
        assert answer.status_code == 200, answer.text
        made = answer.json()
        assert made["rerunsAsAsked"] is True
        return Group(self, made["groupId"], made["ids"])

    def failed(self, number: int = 1, **members: Any) -> "Group":
        """Return a new project with failed jobs."""
        return self.group(*({"status": "FAILURE", **members} for _ in range(number)))


@dataclass(frozen=True, slots=True)
class Group:
    """A project as a provider state names it, and calls to it."""

    world: World
    id: str
    ids: list[str]

    @property
    def path(self) -> str:
        """Return the path of the list."""
        return f"{API}/groups/{self.id}/logCollectionJobs"

    def call(self, method: str, path: str = "", **options: Any) -> httpx.Response:
        """Return the answer to a request with the right key pair, made with a nonce of its own."""
        auth = options.pop("auth", httpx.DigestAuth("retryspec", "retryspec-key"))
        return self.world.http.request(method, self.path + path, auth=auth, **options)

    def page(self, **params: Any) -> dict[str, Any]:
        """Return a page of jobs."""
        answer = self.call("GET", params=params)
        assert answer.status_code == 200, answer.text
        page: dict[str, Any] = answer.json()
        return page

    def job(self, place: int = 0, **params: Any) -> dict[str, Any]:
        """Return one job."""
        answer = self.call("GET", f"/{self.ids[place]}", params=params)
        assert answer.status_code == 200, answer.text
        job: dict[str, Any] = answer.json()
        return job

    def states(self) -> list[str]:
        """Return the status of every job, in the order of the ids."""
        found = {job["id"]: job["status"] for job in self.page(itemsPerPage=500)["results"]}
        return [found[id_] for id_ in self.ids]

    def retry(self, place: int = 0, **options: Any) -> httpx.Response:
        """Return the answer to a retry."""
        return self.call("PUT", f"/{self.ids[place]}/retry", **options)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A server for all tests of this module: each makes a project of its own."""
    clock = SetClock(time.time())
    app = application(["opsmanager"], clock=clock, provider_states=True)
    with running(app) as base_url, httpx.Client(base_url=base_url, timeout=10) as http:
        yield World(base_url, clock, http)


def refused(answer: httpx.Response, status: int, code: str, *parameters: str) -> None:
    """Assert that an answer is the refusal that is expected, complete."""
    assert (answer.status_code, answer.json()["errorCode"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/json"
    valid("Error", answer.json())
    assert (answer.json()["error"], answer.json()["parameters"]) == (status, list(parameters))
    assert all(value in answer.json()["detail"] for value in parameters)


# Reading


def test_every_state_is_shown_as_documented(world: World) -> None:
    """A job in any state is valid, with and without child jobs, in the list and by itself alike."""
    group = world.group(*({"status": state.lower()} for state in STATES))

    for params in ({}, {"verbose": "true"}):
        page = group.page(**params)
        valid("LogCollectionJobList", page)
        jobs = {job["id"]: job for job in page["results"]}
        for place, id_ in enumerate(group.ids):
            job = group.job(place, **params)
            valid("LogCollectionJob", job)
            assert job == jobs[id_]
            assert (job["id"], job["groupId"], job["status"]) == (id_, group.id, STATES[place])
            assert ("childJobs" in job) == bool(params)
            assert set(DOCUMENT["components"]["schemas"]["LogCollectionJob"]["properties"]) - set(job) <= {
                "childJobs",
                "links",
                "logCollectionFromDate",
                "logCollectionToDate",
            }
            assert job["downloadUrl"] == f"{world.base_url}{group.path}/{id_}/download"
            created, expires = (datetime.fromisoformat(job[name]) for name in ("creationDate", "expirationDate"))
            assert expires - created == timedelta(days=30)
            assert job["creationDate"].endswith("Z")


def test_job_is_what_its_child_jobs_are(world: World) -> None:
    """Of the child jobs of a job that runs one runs, of a failed one some failed, with words; the sizes add up."""
    group = world.group({"status": "IN_PROGRESS"}, {"status": "FAILURE"}, {"status": "SUCCESS"})

    runs, failed, succeeded = (group.job(place, verbose="true") for place in range(3))

    for job, kinds in ((runs, {"IN_PROGRESS"}), (failed, {"FAILURE"}), (succeeded, {"SUCCESS"})):
        assert {child["status"] for child in job["childJobs"]} - {"SUCCESS"} == kinds - {"SUCCESS"}
        assert job["uncompressedSizeTotalBytes"] == sum(c["uncompressedDiskSpaceBytes"] for c in job["childJobs"])
        for child in job["childJobs"]:
            assert (child["errorMessage"] is not None) == (child["status"] == "FAILURE")
            assert (child["finishDate"] is None) == (child["status"] == "IN_PROGRESS")
    assert sorted(c["logCollectionType"] for c in failed["childJobs"]) == sorted(failed["logTypes"])


@pytest.mark.parametrize("size", [1, 2, 7, 100, 500])
def test_pages_put_together_are_the_whole(world: World, size: int) -> None:
    """Pages of any size give every job once, with the same total; the links lead from one to the next."""
    group = world.failed(15)
    path, found = f"{group.path}?itemsPerPage={size}&verbose=true", []

    pages = []
    while path:
        page = world.http.get(path, auth=KEY).json()
        pages.append(page)
        found += [job["id"] for job in page["results"]]
        links = {link["rel"]: link["href"] for link in page["links"]}
        assert dict(parse_qsl(urlsplit(links["self"]).query)) == {
            "verbose": "true",
            "pageNum": str(len(pages)),
            "itemsPerPage": str(size),
        }
        assert ("previous" in links) == (len(pages) > 1)
        path = links.get("next", "")

    assert sorted(found) == sorted(group.ids)
    assert len(pages) == -(-15 // size)
    assert {page["totalCount"] for page in pages} == {15}
    beyond = group.page(pageNum=len(pages) + 1, itemsPerPage=size)
    assert (beyond["results"], beyond["totalCount"]) == ([], 15)
    assert "next" not in {link["rel"] for link in beyond["links"]}


def test_defaults_are_those_of_the_document(world: World) -> None:
    """No parameter is the same as each with its default; unknown ones are passed over, the first of two counts."""
    group = world.failed(101)

    plain = group.page()

    assert len(plain["results"]) == 100
    given = {"pageNum": 1, "itemsPerPage": 100, "verbose": "false", "pretty": "false", "envelope": "false"}
    assert group.page(**given) == plain
    assert group.page(includeCount="true", other="x") == plain
    assert world.http.get(f"{group.path}?pageNum=1&pageNum=0", auth=KEY).json() == plain
    assert group.job(pageNum=7, itemsPerPage="x") == group.job()


def test_project_without_jobs_has_an_empty_list(world: World) -> None:
    """No jobs are 200 and an empty list."""
    page = world.group().page()

    assert (page["results"], page["totalCount"], [link["rel"] for link in page["links"]]) == ([], 0, ["self"])


def test_page_far_beyond_the_end_is_empty(world: World) -> None:
    """A page number may be larger than any machine word."""
    assert world.failed().page(pageNum=10**40)["results"] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("pageNum", value) for value in ("0", "-1", "abc", "", "1.0", "9" * 400, "１")),
        *(("itemsPerPage", value) for value in ("0", "-1", "501", "abc")),
        *((name, value) for name in ("verbose", "pretty", "envelope") for value in ("TRUE", "1", "")),
    ],
)
def test_query_parameter_is_refused(world: World, name: str, value: str) -> None:
    """A value that is not allowed is a 400 that names its parameter."""
    refused(world.group().call("GET", params={name: value}), 400, "INVALID_QUERY_PARAMETER", name)


# Envelope and white space


def test_envelope_holds_the_plain_answer(world: World) -> None:
    """A job becomes the content of its envelope, a list gains the status, and errors keep theirs."""
    group = world.failed()

    job, page = group.job(envelope="true"), group.page(envelope="true")
    error = group.call("GET", f"/{UNKNOWN}", params={"envelope": "true"})

    assert job == {"status": 200, "content": group.job()}
    valid("LogCollectionJobAnswer", job)
    plain = group.page()
    assert {**page, "links": None} == {**plain, "links": None, "status": 200}
    valid("LogCollectionJobList", page)
    assert (error.status_code, error.json()["status"]) == (404, 404)
    assert error.json()["content"]["errorCode"] == "LOG_COLLECTION_JOB_NOT_FOUND_IN_GROUP"
    retry = group.retry(params={"envelope": "true"})
    assert (retry.status_code, retry.json()) == (200, {"status": 200, "content": None})
    assert group.states() == ["IN_PROGRESS"]


def test_pretty_changes_white_space_only(world: World) -> None:
    """Without `pretty` there is no needless white space; with it there are lines, in errors too."""
    group = world.failed()

    for path in (f"/{group.ids[0]}", f"/{UNKNOWN}"):
        plain, pretty = (group.call("GET", path, params={"pretty": value}) for value in ("false", "true"))
        assert plain.json() == pretty.json()
        assert b"\n" not in plain.content
        assert b'",\n  "' in pretty.content
    assert '"reason" : "Unauthorized"' in group.call("GET", params={"pretty": "true"}, auth=None).text


# Retry


def test_retried_job_runs_and_then_succeeds(world: World) -> None:
    """A retry is 200 and empty; the job runs for as long as was asked for, and keeps all that it is known by."""
    group = world.failed(3, rerunSeconds=40)
    before = [group.job(place, verbose="true") for place in range(3)]

    answer = group.retry(1)

    assert (answer.status_code, answer.content, "content-type" in answer.headers) == (200, b"", False)
    assert group.states() == ["FAILURE", "IN_PROGRESS", "FAILURE"]
    assert [group.job(place, verbose="true") for place in (0, 2)] == [before[0], before[2]]
    during = group.job(1, verbose="true")
    assert {name for name in during if during[name] != before[1][name]} == {"status", "childJobs"}
    world.clock.advance(39)
    assert group.states()[1] == "IN_PROGRESS"
    world.clock.advance(1)
    after = group.job(1, verbose="true")
    assert after["status"] == "SUCCESS"
    assert {name for name in after if after[name] != before[1][name]} == {
        "status",
        "childJobs",
        "uncompressedSizeTotalBytes",
    }
    assert group.page()["totalCount"] == 3


def test_only_failed_child_jobs_run_again(world: World) -> None:
    """The child jobs that had succeeded stay as they were."""
    group = world.failed()
    before = group.job(verbose="true")["childJobs"]

    group.retry()

    during = group.job(verbose="true")["childJobs"]
    assert [child["status"] for child in before].count("FAILURE") == 1
    for old, new in zip(before, during, strict=True):
        if old["status"] == "SUCCESS":
            assert new == old
        else:
            assert (new["status"], new["errorMessage"], new["finishDate"]) == ("IN_PROGRESS", None, None)
            assert new["startDate"] > old["startDate"]


def test_rerun_can_fail_and_be_retried_again(world: World) -> None:
    """A re-run ends as was asked for, and a job that failed again can be retried again."""
    group = world.failed(rerunSeconds=5, rerunStatus="failure")

    for _ in range(3):
        assert group.retry().status_code == 200
        assert group.states() == ["IN_PROGRESS"]
        world.clock.advance(5)
        assert group.states() == ["FAILURE"]


@pytest.mark.parametrize("state", [state for state in STATES if state != "FAILURE"])
def test_retry_of_another_state_is_refused(world: World, state: str) -> None:
    """Only a failed job can be restarted; any other stays as it is."""
    group = world.group({"status": state})
    before = group.job(verbose="true")

    refused(group.retry(), 400, "ONLY_FAILED_JOB_CAN_BE_RESTARTED")

    assert group.job(verbose="true") == before


def test_second_retry_is_refused(world: World) -> None:
    """A job that runs again is refused like any that runs, and its run is not made longer."""
    group = world.failed(rerunSeconds=10)

    assert group.retry().status_code == 200
    world.clock.advance(5)
    refused(group.retry(), 400, "ONLY_FAILED_JOB_CAN_BE_RESTARTED")
    world.clock.advance(5)

    assert group.states() == ["SUCCESS"]


def test_running_job_keeps_running(world: World) -> None:
    """A job that was asked for as running runs for ten minutes at least."""
    group = world.group({"status": "IN_PROGRESS"})

    world.clock.advance(600)

    assert group.states() == ["IN_PROGRESS"]


def test_failed_job_expires(world: World) -> None:
    """After thirty days a job is marked, after another day it has expired, and it cannot be retried."""
    clock = SetClock(time.time())
    app = application(["opsmanager"], clock=clock, provider_states=True)
    with running(app) as base_url, httpx.Client(base_url=base_url, timeout=10) as http:
        group = World(base_url, clock, http).failed()
        for days, state in ((30, "MARKED_FOR_EXPIRY"), (1, "EXPIRED")):
            clock.advance(days * 86400)
            assert group.states() == [state]
            refused(group.retry(), 400, "ONLY_FAILED_JOB_CAN_BE_RESTARTED")


def test_one_of_many_simultaneous_retries_wins(world: World) -> None:
    """Of retries that arrive together exactly one is answered 200, and all others are refused."""
    group, number = world.failed(2), 16
    together = threading.Barrier(number)

    def retry(_: int) -> int:
        with httpx.Client(base_url=world.base_url, auth=httpx.DigestAuth("retryspec", "retryspec-key")) as http:
            http.get(group.path)
            together.wait(10)
            return http.put(f"{group.path}/{group.ids[0]}/retry").status_code

    with ThreadPoolExecutor(number) as pool:
        statuses = sorted(pool.map(retry, range(number)))

    assert statuses == [200] + [400] * (number - 1)
    assert group.states() == ["IN_PROGRESS", "FAILURE"]


def test_fault_is_met_on_a_retry_alone(world: World) -> None:
    """A job with a fault can be read, and its retry is an internal error whatever its state."""
    group = world.group({"status": "FAILURE", "fault": "internal"}, {"status": "SUCCESS", "fault": "internal"})

    for place in range(2):
        refused(group.retry(place), 500, "UNEXPECTED_ERROR")

    assert group.states() == ["FAILURE", "SUCCESS"]


@pytest.mark.parametrize("body", [b'{"x": 1}', b"{", b"\xff" * 1000, b"[]"])
def test_body_is_passed_over(world: World, body: bytes) -> None:
    """Whatever a body says, a retry is a retry; none is needed, and the header alone does no harm."""
    group = world.failed(2)
    headers = {"Accept": "application/json", "Content-Type": "application/json"}

    assert group.retry(0, content=body, headers=headers).status_code == 200
    assert group.retry(1, headers=headers).status_code == 200


def test_endless_body_is_refused(world: World) -> None:
    """A body of more than a megabyte is a 400, for those who are let in, and nothing runs."""
    group = world.failed()

    assert group.retry(content=b" " * 1_100_000, auth=None).status_code == 401
    refused(group.retry(content=b" " * 1_100_000), 400, "INVALID_JSON")
    assert group.states() == ["FAILURE"]


# Names


def test_unknown_ids_are_told_apart(world: World) -> None:
    """The project comes before the job and both before the query, and each has a code of its own."""
    group, other = world.failed(), world.failed()
    bad = {"pretty": "x"}

    for method, end in (("GET", ""), ("PUT", "/retry")):

        def call(project: str, job: str, method: str = method, end: str = end) -> httpx.Response:
            path = f"{API}/groups/{project}/logCollectionJobs/{job}{end}"
            return world.http.request(method, path, auth=KEY, params=bad)

        refused(call("zz", "zz"), 404, "INVALID_GROUP_ID", "zz")
        refused(call(UNKNOWN, "zz"), 404, "GROUP_NOT_FOUND", UNKNOWN)
        refused(call(group.id, "zz"), 404, "INVALID_LOG_COLLECTION_JOB_ID", "zz")
        for job in (UNKNOWN, other.ids[0]):
            refused(call(group.id, job), 404, "LOG_COLLECTION_JOB_NOT_FOUND_IN_GROUP", group.id, job)
        refused(call(group.id, group.ids[0]), 400, "INVALID_QUERY_PARAMETER", "pretty")
    assert group.states() == other.states() == ["FAILURE"]


@pytest.mark.parametrize(
    "id_", ["a" * 23, "a" * 25, "g" * 24, "%00" * 24, "%ff", "a%2Fb", "%0A" + "a" * 23, "é", "a" * 4000, "%20" * 24]
)
def test_malformed_id_is_not_found(world: World, id_: str) -> None:
    """What is no id is a 404, in either place and for every operation."""
    group = world.group()

    for method, path in (("GET", f"/{id_}"), ("PUT", f"/{id_}/retry")):
        answer = group.call(method, path)
        assert (answer.status_code, answer.json()["errorCode"]) == (404, "INVALID_LOG_COLLECTION_JOB_ID")
    answer = world.http.get(f"{API}/groups/{id_}/logCollectionJobs", auth=KEY)
    assert (answer.status_code, answer.json()["errorCode"]) == (404, "INVALID_GROUP_ID")


def test_ids_are_found_in_either_letter_case(world: World) -> None:
    """An id in upper case is found, and shown in lower case."""
    group = world.failed()

    answer = world.http.get(f"{API}/groups/{group.id.upper()}/logCollectionJobs/{group.ids[0].upper()}", auth=KEY)

    assert answer.json() == group.job()


def test_unknown_path_is_not_found(world: World) -> None:
    """A path that the API does not have is a 404 for those who are let in, and letter case counts."""
    group = world.failed()

    for path in (f"{API}/groups/{group.id}/logcollectionjobs", f"{group.path}/", f"{API}/nothing"):
        refused(world.http.get(path, auth=KEY), 404, "RESOURCE_NOT_FOUND", path)
        assert world.http.get(path).status_code == 401
    assert world.http.get("/nothing").status_code == 404


def test_other_methods_are_not_allowed(world: World) -> None:
    """Any other method is a 405 that says which there are, and changes nothing."""
    group = world.failed()
    paths = {"": "GET", f"/{group.ids[0]}": "GET", f"/{group.ids[0]}/retry": "PUT"}

    for path, allowed in paths.items():
        for method in {"GET", "PUT", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"} - {allowed}:
            answer = group.call(method, path)
            assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
            if method != "HEAD":
                valid("Error", answer.json())
    assert group.states() == ["FAILURE"]


def test_odd_hosts_do_no_harm(world: World) -> None:
    """A Host that cannot stand in an address, or none, gives links with a stand-in."""
    group = world.failed()
    for host in ('"<x>', "a b", "h:99999", "[::1", "é".encode(), b""):
        answer = group.call("GET", headers={"Host": host})
        assert answer.status_code == 200
        assert answer.json()["links"][0]["href"].startswith("http://localhost/")
    for host in ("om.example.net", "om.example.net:8443", "[::1]:8080"):
        page = group.call("GET", headers={"Host": host}).json()
        assert page["links"][0]["href"].startswith(f"http://{host}{API}/")
        assert page["results"][0]["downloadUrl"].startswith(f"http://{host}{API}/")


# Provider states


@pytest.mark.parametrize(
    "params",
    [
        {"jobs": {}},
        {"jobs": [1]},
        {"jobs": [{}]},
        {"jobs": [{"status": "FAILED"}]},
        {"jobs": [{"status": 1}]},
        {"jobs": [{"status": "FAILURE", "rerunSeconds": -1}]},
        {"jobs": [{"status": "FAILURE", "rerunSeconds": "1"}]},
        {"jobs": [{"status": "FAILURE", "rerunStatus": "IN_PROGRESS"}]},
        {"jobs": [{"status": "FAILURE", "rerunStatus": "EXPIRED"}]},
        {"jobs": [{"status": "FAILURE", "fault": "external"}]},
        {"jobs": [{"status": "FAILURE"}] * 20_001},
    ],
    ids=lambda params: str(params)[:60],
)
def test_bad_state_is_refused(world: World, params: dict[str, object]) -> None:
    """Params that are not what the description says are refused in words."""
    answer = world.http.post("/_states", json={"action": "setup", "state": "log collection jobs", "params": params})

    assert answer.status_code == 400
    assert "jobs" in answer.json()["error"]


def test_null_members_count_as_absent(world: World) -> None:
    """A member that is null counts as absent."""
    group = world.group({"status": "FAILURE", "rerunSeconds": None, "rerunStatus": None, "fault": None})

    assert group.retry().status_code == 200
    world.clock.advance(30)
    assert group.states() == ["SUCCESS"]


# The start that a person sees


def test_sample_has_jobs_in_every_state() -> None:
    """Without provider states there is a project with jobs, also after days, and all of them can be listed."""
    clock = SetClock(time.time() - 100 * 3600)
    path = f"{API}/groups/5f8f8c7d1d5e4a1b2c3d4e5f/logCollectionJobs"
    with running(application(["opsmanager"], clock=clock)) as base_url:
        for _ in range(3):
            jobs = httpx.get(base_url + path, auth=KEY).json()["results"]
            assert {job["status"] for job in jobs} == set(STATES)
            assert len(jobs) < 60
            clock.advance(50 * 3600)


def test_target_file_has_the_path() -> None:
    """The base URL of a target file has the path of the API."""
    with reference_target(["opsmanager"]) as file:
        text = file.read_text(encoding="utf-8")

    assert f'{API}"' in text
    assert 'private_key = "retryspec-key"' in text


def test_raw_requests_never_end_in_a_server_error(world: World) -> None:
    """Odd bytes in the first line or in the credentials are answered, and not with a 5xx."""
    group = world.failed()
    address = urlsplit(world.base_url)
    credentials = [
        "Digest",
        'Digest username="x',
        "Digest ,,,",
        "Digest " + "a=b," * 2000,
        'Digest username="\xff", realm="\xff", nonce="\xff", uri="\xff", response="\xff", qop=auth, nc=1, cnonce=""',
        "Basic cmV0cnlzcGVjOnJldHJ5c3BlYy1rZXk=",
        "Bearer x",
        "",
    ]
    for target in (group.path, f"{group.path}?\xff=%", f"http://h{group.path}?a=b&&=", f"{group.path}/%zz/retry"):
        for credential in credentials:
            head = f"PUT {target} HTTP/1.1\r\nHost: h\r\nAuthorization: {credential}\r\nConnection: close\r\n\r\n"
            with socket.create_connection((str(address.hostname), address.port), timeout=10) as connection:
                connection.sendall(head.encode("latin-1"))
                line = connection.makefile("rb").readline()
            assert line.split()[1] in (b"401", b"400", b"405"), (target, credential, line)
