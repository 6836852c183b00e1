"""The things that the Ops Manager checks talk about: jobs, pages of them, projects."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

__all__ = ["DEFAULT_PAGE", "EXPIRING", "LARGEST_PAGE", "Group", "Job", "JobPlan", "Page", "Status", "moment_of"]

DEFAULT_PAGE = 100
LARGEST_PAGE = 500


class Status(StrEnum):
    """The statuses of a job."""

    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    IN_PROGRESS = "IN_PROGRESS"
    MARKED_FOR_EXPIRY = "MARKED_FOR_EXPIRY"
    EXPIRED = "EXPIRED"


EXPIRING = frozenset({Status.MARKED_FOR_EXPIRY, Status.EXPIRED})

# What a retry leaves as it is (opsmanager R-04).
LASTING = ("groupId", "creationDate", "resourceName", "logTypes")


@dataclass(frozen=True, slots=True)
class JobPlan:
    """A job as a check asks for it."""

    status: Status
    rerun_seconds: int | None = None
    rerun_status: Status | None = None
    fault: bool = False
    """A retry of it meets an internal error."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job as an answer shows it."""

    id: str
    status: str
    raw: Mapping[str, Any]
    """All its members."""
    listed: Mapping[str, str]
    """Those that the document lists and that may not differ between two readings, each to be compared."""

    @classmethod
    def read(cls, raw: Any, listed: frozenset[str]) -> "Job | None":
        """A job from a value that has at least an id and a status; None from any other."""
        if not isinstance(raw, dict):
            return None
        job_id, status = raw.get("id"), raw.get("status")
        if not isinstance(job_id, str) or not isinstance(status, str) or not job_id:
            return None
        kept = {
            name: _comparable(value)
            for name, value in sorted(raw.items())
            if name in listed and name not in ("links", "childJobs") and value is not None
        }
        return cls(job_id, status, raw, kept)

    @property
    def lasting(self) -> dict[str, str]:
        """What a retry leaves as it is."""
        return {name: self.listed[name] for name in LASTING if name in self.listed}

    @property
    def state(self) -> tuple[object, ...]:
        """What may not change by itself: of a job that runs or expires only what should not move."""
        if self.status == Status.IN_PROGRESS:
            return (self.status, self.lasting)
        if self.status in EXPIRING:
            return ("expiring", self.lasting)
        return (self.status, dict(self.listed))

    def text(self, name: str) -> str | None:
        """A member that is a string, or None."""
        value = self.raw.get(name)
        return value if isinstance(value, str) else None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of jobs."""

    jobs: tuple[Job, ...]
    shown: int
    """How many results it has, readable or not."""
    total: int | None
    links: Mapping[str, str]
    """Addresses by relation."""

    @classmethod
    def read(cls, raw: Any, listed: frozenset[str]) -> "Page | None":
        """A page from an object with results; None from any other value."""
        results = raw.get("results") if isinstance(raw, dict) else None
        if not isinstance(results, list):
            return None
        total, links = raw.get("totalCount"), raw.get("links")
        links = [link for link in links if isinstance(link, dict)] if isinstance(links, list) else []
        return cls(
            jobs=tuple(job for job in (Job.read(each, listed) for each in results) if job is not None),
            shown=len(results),
            total=total if isinstance(total, int) and not isinstance(total, bool) else None,
            links={
                link["rel"]: link["href"]
                for link in links
                if isinstance(link.get("rel"), str) and isinstance(link.get("href"), str)
            },
        )

    @property
    def ids(self) -> list[str]:
        """The ids in the order of the page, in lower case."""
        return [job.id.lower() for job in self.jobs]


@dataclass(frozen=True, slots=True)
class Group:
    """A project with jobs that a check may use, in the order in which they were asked for.

    A `fresh` one was made for this check, so that nobody else touches it and every job is known; `promised` says that
    its re-runs go as asked. That of a target without provider states is neither.
    """

    id: str
    ids: tuple[str, ...] = ()
    plans: tuple[JobPlan, ...] = ()
    fresh: bool = False
    promised: bool = False

    @property
    def lowered(self) -> set[str]:
        """The ids in lower case, as those of a page are."""
        return {job_id.lower() for job_id in self.ids}

    def of(self, *statuses: Status) -> list[str]:
        """The ids of the jobs that were asked for with one of these statuses."""
        return [job_id for job_id, plan in zip(self.ids, self.plans, strict=True) if plan.status in statuses]

    @property
    def failed(self) -> list[str]:
        """The ids of the jobs that were asked for as failed."""
        return self.of(Status.FAILURE)


def moment_of(text: object) -> datetime | None:
    """The moment that a date of the API names; None where it is no date that says its zone."""
    if not isinstance(text, str) or "T" not in text.upper():
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _comparable(value: Any) -> str:
    if isinstance(value, list):
        return json.dumps(sorted(json.dumps(each, sort_keys=True) for each in value))
    return json.dumps(value, sort_keys=True)
