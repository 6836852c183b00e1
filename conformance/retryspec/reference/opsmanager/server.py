"""The Ops Manager server: the three operations on log collection jobs over the generated stubs.

Everything that the contract says happens in a method of its own, so that a server that breaks or bends one statement
is this class with one method replaced (see `retryspec.reference.variations`). How answers look on the wire, envelope
and white space included, is in `presentation`.
"""

import logging
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import ClassVar

from pydantic import MISSING, AnyUrl
from retryspec_models.opsmanager.models import (
    ChildJob,
    Link,
    LogCollectionJob,
    LogCollectionJobAnswer,
    LogCollectionJobList,
    LogCollectionStatus,
    LogType,
)
from retryspec_models.opsmanager.stubs import Call, Problem, Reason, Refusal, routes
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from retryspec.reference.apis import Introduction, Setting, StateMaker
from retryspec.reference.opsmanager import faults, states
from retryspec.reference.opsmanager.children import Child, children_of
from retryspec.reference.opsmanager.introduction import introduction
from retryspec.reference.opsmanager.presentation import Presentation, base_of, first_value
from retryspec.reference.opsmanager.sample import keep_sample
from retryspec.reference.opsmanager.store import Job, State, Store

__all__ = ["Server"]

_LOG = logging.getLogger("retryspec.reference.opsmanager")

BASE_PATH = "/api/public/v1.0"

_ID = re.compile(r"[0-9a-fA-F]{24}")


class Server(Presentation):
    """A server that keeps the contract of Ops Manager."""

    slug: ClassVar[str] = "opsmanager"
    prefix: ClassVar[str] = "/api/public/"
    base_path: ClassVar[str] = BASE_PATH
    default_credentials: ClassVar[Mapping[str, str]] = {"public_key": "retryspec", "private_key": "retryspec-key"}
    store_type: ClassVar[type[Store]] = Store

    def __init__(self, setting: Setting) -> None:
        given = setting.credentials.of(self.slug, self.default_credentials)
        super().__init__(setting, {given["public_key"]: given["private_key"]})
        self.keys_are_default = given == self.default_credentials
        self.store = self.store_type(setting.database)
        self.sample = setting.sample
        if setting.sample:
            keep_sample(self.store, self.now())

    # What the application asks for

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes of the three operations."""
        return routes(self, prefix=self.base_path)

    def states(self) -> Mapping[str, StateMaker]:
        """Return what makes the one provider state."""
        return {states.NAME: lambda params: states.log_collection_jobs(self.store, params, self.now())}

    def stray(self, request: Request) -> Response:
        """Return the answer to a path that Ops Manager does not have; below its prefix, credentials come first."""
        call = Call(
            operation_id=None,
            method=request.method,
            raw_path=request.scope.get("raw_path") or request.scope["path"].encode(errors="replace"),
            raw_query=request.scope["query_string"],
            headers=tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw),
        )
        refusal = self.refuse(faults.PATH_UNKNOWN, path=call.path)
        if call.path.startswith(self.prefix):
            try:
                self.authenticate(call)
            except Refusal as stranger:
                refusal = stranger
        body = refusal.body.model_dump_json(by_alias=True) if refusal.body else None
        response = Response(body, refusal.status, headers=refusal.headers, media_type="application/json")
        return self.finish(call, response)

    def introduce(self, base_url: str) -> Introduction:
        """Return what a person needs to try this server."""
        if self.sample:
            keep_sample(self.store, self.now())
        return introduction(
            self.store, base_url.rstrip("/") + self.base_path, self.keys, self.keys_are_default, self.now()
        )

    @classmethod
    def target(cls, base_url: str) -> Mapping[str, str]:
        """Return the table of a target file."""
        return {"base_url": base_url.rstrip("/") + cls.base_path, **cls.default_credentials}

    # Hooks of the stubs

    def admit(self, call: Call) -> None:
        """Let in who is known, to a project and a job that exist, in this order (opsmanager R-26)."""
        self.authenticate(call)
        if self.sample:
            keep_sample(self.store, self.now())
        self.check_group(call)
        if "jobId" in call.path_parameters:
            self.job_of(call)

    def invalid(self, call: Call, problem: Problem) -> Refusal:
        """Return the refusal of a parameter that cannot be decoded, or of a body that is too long to be passed over."""
        if problem.reason is Reason.TOO_LARGE:
            self.admit(call)
            return self.refuse(faults.BODY_TOO_LARGE)
        return self.invalid_parameter(call, problem)

    def invalid_parameter(self, call: Call, problem: Problem) -> Refusal:
        """Return the refusal of a query parameter (opsmanager A17, A18); `admit` has seen to the path."""
        return self.refuse(faults.QUERY_INVALID, name=problem.name, detail=problem.detail)

    def method_not_allowed(self, call: Call, allow: Sequence[str]) -> Refusal:
        """Return the refusal of a method that the path does not have (opsmanager R-10, R-22)."""
        self.authenticate(call)
        return self.refuse(faults.METHOD_INVALID, method=call.method)

    def failed(self, call: Call, error: Exception) -> Refusal:
        """Return the answer to a request that an error of this server ended."""
        _LOG.error("%s %s failed", call.method, call.path, exc_info=error)
        return self.refuse(faults.INTERNAL)

    # Names

    def group_id_of(self, call: Call) -> str:
        """Return the id of the project that a request addresses, or refuse what is no id (opsmanager A03, A22)."""
        group_id = call.path_parameters["groupId"]
        if not self.is_id(group_id):
            raise self.refuse(faults.GROUP_ID_INVALID, group=group_id)
        return group_id.lower()

    def job_id_of(self, call: Call) -> str:
        """Return the id of the job that a request addresses, or refuse what is no id (opsmanager A03, A22)."""
        job_id = call.path_parameters["jobId"]
        if not self.is_id(job_id):
            raise self.refuse(faults.JOB_ID_INVALID, job=job_id)
        return job_id.lower()

    def is_id(self, text: str) -> bool:
        """Tell whether a text has the form of an id: 24 hexadecimal digits, in either letter case."""
        return _ID.fullmatch(text) is not None

    def check_group(self, call: Call) -> None:
        """Refuse a project that does not exist (opsmanager A09)."""
        group_id = self.group_id_of(call)
        if not self.store.has_group(group_id):
            raise self.refuse(faults.GROUP_UNKNOWN, group=group_id)

    def job_of(self, call: Call) -> Job:
        """Return the job that a request addresses, or refuse the request."""
        group_id, job_id = self.group_id_of(call), self.job_id_of(call)
        job = self.find_job(group_id, job_id)
        if job is None:
            raise self.refuse(faults.JOB_UNKNOWN, group=group_id, job=job_id)
        return job

    def find_job(self, group_id: str, job_id: str) -> Job | None:
        """Return the job of this id in this project, if there is one."""
        return self.store.job(group_id, job_id)

    # getLogCollectionJobs

    def get_log_collection_jobs(
        self,
        call: Call,
        *,
        group_id: str,
        pretty: bool,
        envelope: bool,
        page_num: int,
        items_per_page: int,
        verbose: bool,
    ) -> LogCollectionJobList:
        """Return a page of the jobs of a project."""
        return self.page(call, page_num, items_per_page, verbose)

    def page(self, call: Call, page_num: int, items_per_page: int, verbose: bool) -> LogCollectionJobList:
        """Return a page of the jobs of a project."""
        now = self.now()
        jobs = self.order(self.listed_jobs(self.group_id_of(call)))
        page = self.page_of(jobs, page_num, items_per_page)
        # Not validated: what is in it is ours, and a server with a fault may well exceed the document's bounds.
        return LogCollectionJobList.model_construct(
            links=self.links_of(call, page_num, items_per_page, len(jobs)),
            results=[self.describe(call, job, verbose, now) for job in page],
            total_count=self.total_of(jobs, page),
        )

    def listed_jobs(self, group_id: str) -> list[Job]:
        """Return the jobs of a project that are in its list: all of them."""
        return self.store.jobs(group_id)

    def order(self, jobs: list[Job]) -> list[Job]:
        """Return the jobs in the order of all pages: as stored, newest first, then by id (opsmanager R-06)."""
        return jobs

    def page_of(self, jobs: list[Job], page_num: int, items_per_page: int) -> list[Job]:
        """Return the page; after the last one it is empty."""
        return jobs[(page_num - 1) * items_per_page : page_num * items_per_page]

    def total_of(self, jobs: list[Job], page: list[Job]) -> int:
        """Return how many jobs the project has."""
        return len(jobs)

    def links_of(self, call: Call, page_num: int, items_per_page: int, total: int) -> list[Link]:
        """Return the addresses of this page and of those beside it, where there are any."""
        numbers = {"self": page_num}
        if page_num > 1:
            numbers["previous"] = page_num - 1
        if page_num * items_per_page < total:
            numbers["next"] = page_num + 1
        return [
            Link.model_construct(rel=rel, href=self.page_address(call, number, items_per_page))
            for rel, number in numbers.items()
        ]

    def page_address(self, call: Call, page_num: int, items_per_page: int) -> str:
        """Return the address of a page, with the page and its size also where they were left out (OM-LIST-04)."""
        kept = [f"{name}=true&" for name in ("pretty", "envelope", "verbose") if first_value(call, name) == "true"]
        return f"{self.jobs_address(call)}?{''.join(kept)}pageNum={page_num}&itemsPerPage={items_per_page}"

    def jobs_address(self, call: Call) -> str:
        """Return the address of the list of jobs, by the Host that the client used."""
        return f"{base_of(call)}{self.base_path}/groups/{self.group_id_of(call)}/logCollectionJobs"

    # getLogCollectionJob

    def get_log_collection_job(
        self, call: Call, *, group_id: str, job_id: str, pretty: bool, envelope: bool, verbose: bool
    ) -> LogCollectionJobAnswer:
        """Return a job; its envelope is put on when the answer is finished."""
        job = self.describe(call, self.job_of(call), verbose, self.now())
        return LogCollectionJobAnswer.model_construct(job)

    def describe(self, call: Call, job: Job, verbose: bool, now: float) -> LogCollectionJob:
        """Return a job as it is shown, in the list and by itself."""
        return LogCollectionJob.model_construct(
            child_jobs=self.child_jobs_of(job, now) if verbose else MISSING,
            creation_date=date_of(job.created),
            download_url=self.download_url_of(call, job),
            expiration_date=self.expiration_date_of(job),
            group_id=job.group_id,
            id=job.id,
            log_types=[LogType(log_type) for log_type in job.log_types],
            redacted=job.redacted,
            resource_name=job.resource_name,
            resource_type=self.resource_type_of(job),
            root_resource_name=job.resource_name,
            root_resource_type=self.resource_type_of(job),
            size_requested_per_file_bytes=job.requested_bytes,
            status=LogCollectionStatus(self.state_of(job, now).value),
            uncompressed_size_total_bytes=self.total_bytes_of(job, now),
            user_id=job.user_id,
        )

    def state_of(self, job: Job, now: float) -> State:
        """Return the state in which a job is shown."""
        return job.state(now)

    def expiration_date_of(self, job: Job) -> datetime:
        """Return when a job expires; a retry does not move it (opsmanager A20)."""
        return date_of(job.expires)

    def resource_type_of(self, job: Job) -> str:
        """Return what a job collects logs of, in lower case as in every real reply (opsmanager A11)."""
        return job.resource_type

    def download_url_of(self, call: Call, job: Job) -> AnyUrl:
        """Return where the logs would be fetched; nothing is there (opsmanager R-18)."""
        return AnyUrl(f"{self.jobs_address(call)}/{job.id}/download")

    def total_bytes_of(self, job: Job, now: float) -> int:
        """Return how many bytes have been collected, counted anew with each run (opsmanager A20)."""
        return sum(child.bytes for child in self.children_of(job, now))

    def children_of(self, job: Job, now: float) -> list[Child]:
        """Return the child jobs of a job, of which only those that failed run again (opsmanager R-28)."""
        return children_of(job, now)

    def child_jobs_of(self, job: Job, now: float) -> list[ChildJob]:
        """Return the child jobs of a job as they are shown."""
        return [self.describe_child(child) for child in self.children_of(job, now)]

    def describe_child(self, child: Child) -> ChildJob:
        """Return a child job as it is shown."""
        return ChildJob.model_construct(
            automation_agent_id=child.agent_id,
            error_message=child.error,
            finish_date=None if child.finished is None else date_of(child.finished),
            host_name=child.host,
            log_collection_type=LogType(child.log_type),
            path=child.path,
            start_date=date_of(child.started),
            status=LogCollectionStatus(child.state.value),
            uncompressed_disk_space_bytes=child.bytes,
        )

    # retryLogCollectionJob

    def retry_log_collection_job(self, call: Call, *, group_id: str, job_id: str, pretty: bool, envelope: bool) -> None:
        """Run a job again where it has failed; a body is passed over (opsmanager A10)."""
        job = self.job_of(call)
        self.check_health(job)
        self.retry(job)

    def check_health(self, job: Job) -> None:
        """End a retry in an internal error where that was asked for."""
        if job.fault is not None:
            raise self.refuse(faults.INTERNAL)

    def retry(self, job: Job) -> None:
        """Run a job again, or refuse that where it has not failed (opsmanager A02, R-15)."""
        if not self.start_again(job):
            raise self.refuse(faults.NOT_FAILED)

    def start_again(self, job: Job) -> bool:
        """Run a job again where it has failed, in one transition, and tell whether it had."""
        return self.store.start_again(job, self.now())


def date_of(time: float) -> datetime:
    """Return a time as it is shown: in UTC, to the second."""
    return datetime.fromtimestamp(int(time), UTC)
