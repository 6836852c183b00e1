"""Ops Manager servers of whose jobs one member has another type, in certain jobs or in one kind of answer alone."""

from typing import Any

from retryspec_models.opsmanager.stubs import Call

from retryspec.reference.faulty.opsmanager_members import (
    LARGE,
    Member,
    MemberOfFailed,
    MemberOfListed,
    MemberOfRunning,
    MemberOfSingle,
)
from retryspec.reference.variations import faulty


@faulty("OM-JOB-06", says="The uncompressedSizeTotalBytes of a job that runs is written as text.")
class TotalOfRunningAsText(MemberOfRunning):
    """Does not know it yet."""

    member = "uncompressedSizeTotalBytes"

    def written_member(self, value: Any) -> Any:
        """Return the number as text."""
        return str(value)


@faulty("OM-JOB-06", says="A large sizeRequestedPerFileBytes is written with an exponent.")
class LargeWithExponent(Member):
    """Writes a large number as a floating one."""

    member = "sizeRequestedPerFileBytes"

    def written_member(self, value: Any) -> Any:
        """Return the number, a large one as a floating one."""
        return float(value) if value >= LARGE else value


@faulty("OM-JOB-06", "OM-GET-02", says="The sizeRequestedPerFileBytes of a single job has a fraction.")
class RequestedWithFraction(MemberOfSingle):
    """Writes a floating number."""

    member = "sizeRequestedPerFileBytes"

    def written_member(self, value: Any) -> Any:
        """Return the number with a fraction."""
        return float(value)


@faulty("OM-JOB-06", says="A large sizeRequestedPerFileBytes is beyond 64 bits.")
class BeyondSixtyFourBits(Member):
    """Has room for more."""

    member = "sizeRequestedPerFileBytes"

    def written_member(self, value: Any) -> Any:
        """Return the number, a large one one too large."""
        return 2**63 if value >= LARGE else value


@faulty("OM-JOB-06", says="The uncompressedSizeTotalBytes of a failed job is null.")
class TotalOfFailedNull(MemberOfFailed):
    """Has nothing to tell of it."""

    member = "uncompressedSizeTotalBytes"

    def written_member(self, value: Any) -> Any:
        """Return nothing."""
        return None


@faulty("OM-JOB-06", says="The uncompressedSizeTotalBytes of a failed job is -1.")
class TotalOfFailedNegative(MemberOfFailed):
    """Marks what is unknown with a number."""

    member = "uncompressedSizeTotalBytes"

    def written_member(self, value: Any) -> Any:
        """Return the mark."""
        return -1


@faulty("OM-JOB-07", "OM-GET-02", says="In a list redacted is 0 or 1.")
class RedactedAsNumber(MemberOfListed):
    """Has the numbers of its table."""

    member = "redacted"

    def written_member(self, value: Any) -> Any:
        """Return the number."""
        return int(value)


@faulty("OM-JOB-07", "OM-GET-02", says="The redacted of a single job that is not is null.")
class UnredactedNull(MemberOfSingle):
    """Has no value for what is not so."""

    member = "redacted"

    def written_member(self, value: Any) -> Any:
        """Return true, or nothing."""
        return value or None


@faulty("OM-JOB-07", says="The logTypes of a job that runs are null.")
class TypesOfRunningNull(MemberOfRunning):
    """Knows at the end what it has fetched."""

    member = "logTypes"

    def written_member(self, value: Any) -> Any:
        """Return nothing."""
        return None


@faulty("OM-JOB-07", "OM-GET-02", says="The logTypes of a single job are objects.")
class TypesAsObjects(MemberOfSingle):
    """Wraps each of them."""

    member = "logTypes"

    def written_member(self, value: Any) -> Any:
        """Return the types wrapped."""
        return [{"type": each} for each in value]


@faulty("OM-JOB-07", says="A single log type is no array.")
class OneTypeAsText(Member):
    """Takes an array of one for the one."""

    member = "logTypes"

    def written_member(self, value: Any) -> Any:
        """Return the types, or the only one."""
        return value if len(value) > 1 else value[0]


@faulty("OM-GET-05", "OM-GET-02", says="In a list only the first of three log types is shown.")
class TypesCutInList(MemberOfListed):
    """Has no room for more."""

    member = "logTypes"

    def written_member(self, value: Any) -> Any:
        """Return the types, or the first one."""
        return value if len(value) < 3 else value[:1]


@faulty("OM-GET-05", says="In a list redacted is wrong in the second job, where that has failed.")
class RedactedOfSecondWrong(Member):
    """Mixes up two rows."""

    member = "redacted"

    def concerns(self, call: Call, place: int, job: dict[str, Any]) -> bool:
        """Tell whether it is that job."""
        return place == 1 and job["status"] == "FAILURE"

    def written_member(self, value: Any) -> Any:
        """Return what is not so."""
        return not value


@faulty("OM-JOB-01", says="The userId is a name.")
class UserByName(Member):
    """Shows who it was."""

    member = "userId"

    def written_member(self, value: Any) -> Any:
        """Return a name."""
        return "jane.doe"


@faulty("OM-JOB-01", "OM-LIST-09", says="The second id of a list has 23 digits.")
class SecondIdCut(MemberOfListed):
    """Loses a digit."""

    member = "id"

    def concerns(self, call: Call, place: int, job: dict[str, Any]) -> bool:
        """Tell whether it is the second of a list."""
        return place == 1 and super().concerns(call, place, job)

    def written_member(self, value: Any) -> Any:
        """Return the id without its last digit."""
        return value[:-1]
