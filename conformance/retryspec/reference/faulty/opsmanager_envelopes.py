"""Ops Manager servers whose envelopes hold something else, or that lose something in a form of an answer."""

from typing import Any

from retryspec_models.opsmanager.stubs import Call

from retryspec.reference.opsmanager import Server
from retryspec.reference.opsmanager.presentation import first_value
from retryspec.reference.opsmanager.store import Job, State
from retryspec.reference.variations import accepted, faulty


@faulty("OM-COMMON-21", "OM-GET-01", says="The content of the envelope of a job is an array with the job.")
class JobInArray(Server):
    """Has an array everywhere."""

    def enveloped_job(self, status: int, content: Any) -> Any:
        """Return a job in its envelope."""
        return {"status": status, "content": [content]}


@faulty("OM-COMMON-21", "OM-GET-01", says="The content of the envelope of a job is JSON as text.")
class JobAsText(Server):
    """Writes it twice."""

    def enveloped_job(self, status: int, content: Any) -> Any:
        """Return a job in its envelope."""
        return {"status": status, "content": str(content)}


@faulty("OM-COMMON-21", says="The job in an envelope lacks a member.")
class WrappedJobShort(Server):
    """Has a list of its own of what a job has."""

    def enveloped_job(self, status: int, content: Any) -> Any:
        """Return a job in its envelope."""
        kept = {name: value for name, value in content.items() if name != "redacted"}
        return {"status": status, "content": kept}


@faulty("OM-COMMON-22", says="A list without entries has no status in its envelope.")
class EmptyUnwrapped(Server):
    """Has nothing to wrap."""

    def enveloped_list(self, status: int, content: Any) -> Any:
        """Return a list with the status where it has entries."""
        return {**content, "status": status} if content["results"] else content


@faulty("OM-COMMON-22", "OM-LIST-02", says="A list in an envelope lacks its last entry.")
class WrappedListShort(Server):
    """Counts from one."""

    def enveloped_list(self, status: int, content: Any) -> Any:
        """Return a list with the status beside it."""
        return {**content, "results": content["results"][:-1], "status": status}


@faulty("OM-COMMON-21", "OM-COMMON-22", says="With verbose=true there is no envelope.")
class VerboseUnwrapped(Server):
    """Wraps what is short."""

    def wants_envelope(self, call: Call) -> bool:
        """Tell whether an envelope was asked for, and nothing long in it."""
        return super().wants_envelope(call) and first_value(call, "verbose") != "true"


@faulty("OM-COMMON-23", "OM-JOB-06", "OM-COMMON-21", says="With pretty=true a large number of a job is text.")
class LargeNumbersPrinted(Server):
    """Is careful with numbers for people."""

    def content_of(self, call: Call, status: int, content: Any) -> Any:
        """Return what an answer says; large numbers of a single job as text."""
        if status != 200 or not isinstance(content, dict) or not self.wants_pretty(call):
            return content
        large = {name: str(v) for name, v in content.items() if isinstance(v, int) and v > 2**53}
        return content | large


@faulty("OM-RETRY-05", says="The envelope of a retry has something in it.")
class RetryWrapsId(Server):
    """Tells what it has started."""

    def enveloped_nothing(self, status: int) -> Any:
        """Return an envelope with something in it."""
        return {"status": status, "content": {"id": "0" * 24}}


@faulty("OM-RETRY-05", says="A retry with envelope=true is answered with true.")
class RetryTrue(Server):
    """Says that it went well."""

    def enveloped_nothing(self, status: int) -> Any:
        """Return something else than an envelope."""
        return True


@faulty("OM-COMMON-25", says="The envelope of a retry that was done says 500.")
class RetryWrappedAsFault(Server):
    """Takes nothing for a fault."""

    def enveloped_nothing(self, status: int) -> Any:
        """Return an envelope with another status."""
        return {"status": 500, "content": None}


class Refusing(Server):
    """Refuses to run what has not failed, as long as nothing is asked for besides."""

    option: str

    def retry_log_collection_job(self, call: Call, *, group_id: str, job_id: str, pretty: bool, envelope: bool) -> None:
        """Run a job again where it has failed."""
        if first_value(call, self.option) == "true" and self.job_of(call).state(self.now()) is not State.FAILURE:
            raise accepted()
        super().retry_log_collection_job(call, group_id=group_id, job_id=job_id, pretty=pretty, envelope=envelope)


@faulty("OM-RETRY-15", says="With pretty=true a retry of a job that has succeeded is answered 200, and does nothing.")
class PrettyNeverRefused(Refusing):
    """Shows people nothing that is unpleasant."""

    option = "pretty"


@faulty("OM-RETRY-15", says="With envelope=true a retry of a job that has succeeded is a success, and does nothing.")
class WrappedNeverRefused(Refusing):
    """Wraps whatever there is."""

    option = "envelope"


@faulty("OM-RETRY-16", "OM-GET-04", says="An id that differs in its last digit from that of a job finds the job.")
class LastDigitIgnored(Server):
    """Compares what is before it."""

    def find_job(self, group_id: str, job_id: str) -> Job | None:
        """Return the job of this id, or one whose id begins so."""
        jobs = self.store.jobs(group_id)
        return super().find_job(group_id, job_id) or next((job for job in jobs if job.id[:-1] == job_id[:-1]), None)


@faulty("OM-RETRY-16", "OM-GET-04", says="An id that differs in its first digit from that of a job finds the job.")
class FirstDigitIgnored(Server):
    """Compares what comes after it."""

    def find_job(self, group_id: str, job_id: str) -> Job | None:
        """Return the job of this id, or one whose id ends so."""
        jobs = self.store.jobs(group_id)
        return super().find_job(group_id, job_id) or next((job for job in jobs if job.id[1:] == job_id[1:]), None)
