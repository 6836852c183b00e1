"""SLS servers that accept a window which they should refuse, or refuse one which they should accept."""

from typing import Any

from retryspec_models.sls.models import Error, ShipperTaskPage
from retryspec_models.sls.stubs import Call, Refusal

from retryspec.reference.sls import Server, faults
from retryspec.reference.sls.faults import Fault
from retryspec.reference.sls.store import Shipper, Task
from retryspec.reference.variations import faulty

HOUR_SECONDS = 3600

# SLS-GET-05: from before to


@faulty("SLS-GET-05", says="A window without length is accepted.")
class EmptyWindowAccepted(Server):
    """Refuses only what runs backwards."""

    def check_window_order(self, from_: int, to: int) -> None:
        """Let equal times pass."""
        if from_ != to:
            super().check_window_order(from_, to)


@faulty("SLS-GET-05", says="A from after to gets an empty page.")
class BackwardWindowEmpty(Server):
    """Finds nothing between two times in the wrong order."""

    def check_window_order(self, from_: int, to: int) -> None:
        """Let times in the wrong order pass."""
        if from_ == to:
            super().check_window_order(from_, to)


@faulty("SLS-GET-05", "SLS-GET-23", says="A from after to is exchanged with it.")
class BackwardWindowTurned(Server):
    """Knows better."""

    def check_window_order(self, from_: int, to: int) -> None:
        """Let every order pass."""

    def in_window(self, shipper: Shipper, from_: int, to: int) -> list[Task]:
        """Return the tasks between both times."""
        return super().in_window(shipper, min(from_, to), max(from_, to))


@faulty("SLS-GET-05", says="The order of the times is not looked at when there is a status.")
class BackwardWindowWithStatus(Server):
    """Has two ways to list, one of which forgets a check."""

    def get_shipper_status(self, call: Call, **given: Any) -> ShipperTaskPage:
        """Return a page, and remember whether there is a status."""
        self.filtered = given["status"] != ""
        return super().get_shipper_status(call, **given)

    def check_window_order(self, from_: int, to: int) -> None:
        """Look at the order unless there is a status."""
        if not self.filtered:
            super().check_window_order(from_, to)


class OtherCode(Server):
    """Refuses one thing with another status, code or text."""

    replaced: Fault
    by: Fault

    def error_body(self, fault: Fault, text: str) -> Error:
        """Return the body of a refusal, of the other one for the one that is replaced."""
        return super().error_body(self.by if fault is self.replaced else fault, text)


@faulty("SLS-GET-05", says="A from after to has the code InvalidTimeRange.")
class BackwardWindowCode(OtherCode):
    """Has a code of its own."""

    replaced = faults.WINDOW_EMPTY
    by = Fault(400, "InvalidTimeRange", "")


# SLS-GET-06 and SLS-GET-07: how far back


@faulty("SLS-GET-06", says="A window of long ago gets an empty page.")
class OldWindowEmpty(Server):
    """Has nothing left of that time."""

    def check_window_age(self, from_: int, to: int, now: float) -> None:
        """Let every age pass."""


@faulty("SLS-GET-06", says="A window of long ago is accepted where it is shorter than five minutes.")
class OldMinutesAccepted(Server):
    """Takes the age for a matter of long windows."""

    def check_window_age(self, from_: int, to: int, now: float) -> None:
        """Look at the age of what is long."""
        if to - from_ >= 5 * 60:
            super().check_window_age(from_, to, now)


@faulty("SLS-GET-06", says="The length of a window is limited instead of its age.")
class WindowLengthLimited(Server):
    """Takes the 48 hours for a duration."""

    def check_window_age(self, from_: int, to: int, now: float) -> None:
        """Refuse a window of more than 48 hours."""
        super().check_window_age(from_, to, float(to))


@faulty("SLS-GET-06", says="A from of long ago is accepted as long as to is recent.", warns=True)
class OldStartAccepted(Server):
    """Looks at the age of the end alone."""

    def check_window_age(self, from_: int, to: int, now: float) -> None:
        """Refuse a window that ends more than 48 hours ago."""
        super().check_window_age(to, to, now)


@faulty("SLS-GET-06", says="A week can be asked for.")
class WindowOfWeek(Server):
    """Keeps its tasks for longer."""

    def check_window_age(self, from_: int, to: int, now: float) -> None:
        """Refuse a window that begins more than 168 hours ago."""
        super().check_window_age(from_, to, now - 120 * HOUR_SECONDS)


@faulty("SLS-GET-06", says="A window of long ago has the code InvalidTimeRange.")
class OldWindowCode(OtherCode):
    """Has a code of its own."""

    replaced = faults.WINDOW_TOO_OLD
    by = Fault(400, "InvalidTimeRange", "")


@faulty("SLS-GET-06", says="A window of long ago is answered 403.")
class OldWindowForbidden(Server):
    """Takes the past for a secret."""

    def refuse(self, fault: Fault, **values: object) -> Refusal:
        """Return a refusal, one of another status for a window of long ago."""
        refusal = super().refuse(fault, **values)
        if fault is faults.WINDOW_TOO_OLD:
            refusal.status = 403
        return refusal


@faulty("SLS-GET-07", says="A window that begins more than 12 hours ago is refused.")
class WindowOfHalfDay(Server):
    """Keeps its tasks for half a day."""

    def check_window_age(self, from_: int, to: int, now: float) -> None:
        """Refuse a window that begins more than 12 hours ago."""
        super().check_window_age(from_, to, now + 36 * HOUR_SECONDS)


@faulty("SLS-GET-06", says="A window that begins more than 24 hours ago is refused.", warns=True)
class WindowOfDay(Server):
    """Keeps to the day of seed 001, Detailed description."""

    def check_window_age(self, from_: int, to: int, now: float) -> None:
        """Refuse a window that begins more than 24 hours ago."""
        super().check_window_age(from_, to, now + 24 * HOUR_SECONDS)


@faulty("SLS-GET-07", says="A window of more than six hours is refused.")
class WindowOfSixHours(Server):
    """Limits what one request may cost."""

    def check_window_age(self, from_: int, to: int, now: float) -> None:
        """Refuse a long window as well."""
        super().check_window_age(from_, to, now)
        if to - from_ > 6 * HOUR_SECONDS:
            raise self.refuse(faults.WINDOW_TOO_OLD)


@faulty("SLS-GET-07", says="A window that reaches to the present time is refused.")
class PresentRefused(Server):
    """Wants a window to be over."""

    def check_window_age(self, from_: int, to: int, now: float) -> None:
        """Refuse a window that ends now or later."""
        super().check_window_age(from_, to, now)
        if to >= int(now):
            raise self.refuse(faults.PARAMETER_INVALID, name="to", detail="It is not over.")


@faulty("SLS-GET-04", says="A to that lies a minute ahead is refused.", warns=True)
class FutureRefused(Server):
    """Wants to be no later than now."""

    def check_window_age(self, from_: int, to: int, now: float) -> None:
        """Refuse a window that ends in the future."""
        super().check_window_age(from_, to, now)
        if to > now + 60:
            raise self.refuse(faults.PARAMETER_INVALID, name="to", detail="It lies ahead.")


@faulty("SLS-GET-07", says="A window that begins within the last minute is refused.")
class RecentStartRefused(Server):
    """Has no tasks yet of which to speak."""

    def check_window_age(self, from_: int, to: int, now: float) -> None:
        """Refuse a window that has just begun."""
        super().check_window_age(from_, to, now)
        if from_ > now - 60:
            raise self.refuse(faults.PARAMETER_INVALID, name="from", detail="It is too recent.")
