"""VCF servers that read tokens, paths and values in a way of their own."""

from collections.abc import Sequence

from retryspec_models.vcf.models import PageOfTask
from retryspec_models.vcf.models import Task as ShownTask
from retryspec_models.vcf.stubs import Call, Refusal

from retryspec.reference.variations import lenient
from retryspec.reference.vcf import Server, faults
from retryspec.reference.vcf.listing import Asked
from retryspec.reference.vcf.server import SPELLINGS
from retryspec.reference.vcf.store import Task


@lenient("vcf R-09", says="A token without a scheme is accepted, as the sample call has one.")
class BareTokenAccepted(Server):
    """Reads what the sample shows."""

    def token_of(self, call: Call) -> str:
        """Return a header without a blank as it is."""
        header = call.header("authorization") or ""
        return header if header and " " not in header and header.lower() != "bearer" else super().token_of(call)


@lenient("vcf A18", says="A taskStatus that is not spelt as the server spells it is refused with 400.")
class OtherSpellingRefused(Server):
    """Knows its own spellings."""

    def page(self, asked: Asked) -> PageOfTask:
        """Refuse a status that is spelt otherwise."""
        if asked.status is not None and asked.status not in SPELLINGS.values():
            raise self.refuse(faults.PARAMETER_INVALID, name="taskStatus", detail="Send one of the known spellings.")
        return super().page(asked)


@lenient(
    "vcf R-13", says="Tasks of one kind are in upper case, others in title case, and taskStatus selects by meaning."
)
class TwoSpellings(Server):
    """Has grown together from two services."""

    def describe(self, task: Task, now: float) -> ShownTask:
        """Return a task in the spelling of its kind."""
        shown = super().describe(task, now)
        if task.kind % 2:
            shown.status = self.state_of(task, now).value
        return shown


@lenient("vcf A9", says="A path with a percent sign is refused with 400 and without a body, as filters do.")
class EncodedPathRefused(Server):
    """Stands behind a filter."""

    def admit(self, call: Call) -> None:
        """Refuse an encoded path."""
        super().admit(call)
        if b"%" in call.raw_path:
            raise Refusal(400)


@lenient("vcf A9", says="A method that a path does not have is 404 without a body, also where the id is empty.")
class NowhereWithoutBody(Server):
    """Knows pairs of a method and a path, and nothing else."""

    def method_not_allowed(self, call: Call, allow: Sequence[str]) -> Refusal:
        """Refuse what is nowhere."""
        return Refusal(404)
