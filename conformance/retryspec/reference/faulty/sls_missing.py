"""SLS servers that answer otherwise than they should where a project, a logstore or a shipper does not exist.

`Replacing` breaks nothing: it is what other servers refuse with, too.
"""

import threading
from collections.abc import Sequence
from typing import Any

from retryspec_models.sls.models import ShipperTaskPage
from retryspec_models.sls.stubs import Call, Refusal

from retryspec.reference.sls import Server, faults
from retryspec.reference.sls.faults import Fault
from retryspec.reference.sls.store import Shipper, ShipperName, Store
from retryspec.reference.variations import faulty


class Replacing(Server):
    """Refuses one thing as if it were another."""

    replaced: Fault
    by: Fault
    operations: Sequence[str | None] = ("getShipperStatus", "retryShipperTask")
    """The operations of which it does so."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # A call is answered in one thread, so that this is known of each of those that overlap.
        self.current = threading.local()
        super().__init__(*args, **kwargs)

    def admit(self, call: Call) -> None:
        """Let in as ever, and remember the operation of this request."""
        self.current.operation = call.operation_id
        super().admit(call)

    def refuse(self, fault: Fault, **values: object) -> Refusal:
        """Return a refusal, another one for what is replaced."""
        concerned = fault is self.replaced and getattr(self.current, "operation", None) in self.operations
        return super().refuse(self.by if concerned else fault, **values)


# SLS-COMMON-14: the project


@faulty("SLS-COMMON-14", says="An unknown project has the code ProjectNotExists.")
class ProjectNotExists(Replacing):
    """Spells the code as the common error codes of 2021 do."""

    replaced = faults.PROJECT_UNKNOWN
    by = Fault(404, "ProjectNotExists", faults.PROJECT_UNKNOWN.text)


@faulty("SLS-COMMON-14", says="An unknown project is answered 400.")
class ProjectUnknownBad(Replacing):
    """Takes a Host for a parameter."""

    replaced = faults.PROJECT_UNKNOWN
    by = Fault(400, "ProjectNotExist", faults.PROJECT_UNKNOWN.text)


@faulty("SLS-COMMON-14", says="A retry in an unknown project is answered 401 Unauthorized.")
class ProjectUnknownUnauthorizedOnPut(Replacing):
    """Does not tell a writer what exists."""

    operations = ("retryShipperTask",)
    replaced = faults.PROJECT_UNKNOWN
    by = Fault(401, "Unauthorized", "The project does not belong to you.")


@faulty("SLS-COMMON-14", "SLS-COMMON-20", says="An unknown project is answered as an unknown logstore.")
class ProjectUnknownAsLogstore(Replacing):
    """Looks for the logstore right away."""

    replaced = faults.PROJECT_UNKNOWN
    by = faults.LOGSTORE_UNKNOWN


# SLS-COMMON-15: the logstore


@faulty("SLS-COMMON-15", says="An unknown logstore has the code LogstoreNotExist.")
class LogstoreNotExistSmall(Replacing):
    """Spells the code with a small letter."""

    replaced = faults.LOGSTORE_UNKNOWN
    by = Fault(404, "LogstoreNotExist", faults.LOGSTORE_UNKNOWN.text)


@faulty("SLS-COMMON-15", says="A retry in an unknown logstore is answered 400.")
class LogstoreUnknownBadOnPut(Replacing):
    """Has another status for one operation."""

    operations = ("retryShipperTask",)
    replaced = faults.LOGSTORE_UNKNOWN
    by = Fault(400, "LogStoreNotExist", faults.LOGSTORE_UNKNOWN.text)


@faulty("SLS-COMMON-15", "SLS-COMMON-20", says="An unknown logstore is answered as an unknown shipper.")
class LogstoreUnknownAsShipper(Server):
    """Looks for the shipper right away."""

    def check_logstore(self, call: Call) -> None:
        """Let every logstore pass."""


@faulty("SLS-COMMON-15", "SLS-COMMON-20", says="An unknown logstore gets an empty page.")
class LogstoreUnknownEmpty(Server):
    """Finds no task where there is no logstore."""

    def get_shipper_status(self, call: Call, **given: Any) -> ShipperTaskPage:
        """Return a page, an empty one where the logstore is unknown."""
        name = self.name_of(call)
        if not self.store.has_logstore(name.project, name.logstore):
            return self.page(Shipper(0, name, None), given["from_"], given["to"], "", 0, 0)
        return super().get_shipper_status(call, **given)

    def check_logstore(self, call: Call) -> None:
        """Let every logstore of a GET pass."""
        if call.method != "GET":
            super().check_logstore(call)


class LogstoresOfAllStore(Store):
    """Knows the names of logstores without their project."""

    def has_logstore(self, project: str, logstore: str) -> bool:
        """Tell whether any project has a logstore of this name."""
        with self.database.reading() as connection:
            found = connection.execute("SELECT 1 FROM sls_shipper WHERE logstore = ? LIMIT 1", (logstore,))
            return found.fetchone() is not None


@faulty("SLS-COMMON-15", says="A logstore of another project is taken for one of this.")
class LogstoreOfOtherProject(Server):
    """Says that a shipper is missing where its logstore is."""

    store_type = LogstoresOfAllStore


# SLS-COMMON-16: the shipper


@faulty("SLS-COMMON-16", says="An unknown shipper is answered 404.")
class ShipperUnknownNotFound(Replacing):
    """Has one status for all that does not exist."""

    replaced = faults.SHIPPER_UNKNOWN
    by = Fault(404, "ShipperNotExist", faults.SHIPPER_UNKNOWN.text)


@faulty("SLS-COMMON-16", says="A retry with an unknown shipper has the code ParameterInvalid.")
class ShipperUnknownInvalidOnPut(Replacing):
    """Answers as the live service did in 2018."""

    operations = ("retryShipperTask",)
    replaced = faults.SHIPPER_UNKNOWN
    by = Fault(400, "ParameterInvalid", "shipperName {name} does not exist")


@faulty("SLS-COMMON-16", "SLS-COMMON-20", says="An unknown shipper gets an empty page.")
class ShipperUnknownEmpty(Server):
    """Finds no task where there is no shipper."""

    def get_shipper_status(self, call: Call, **given: Any) -> ShipperTaskPage:
        """Return a page, an empty one where the shipper is unknown."""
        name = self.name_of(call)
        if self.store.shipper(name) is None:
            return self.page(Shipper(0, name, None), given["from_"], given["to"], "", 0, 0)
        return super().get_shipper_status(call, **given)


@faulty("SLS-COMMON-16", "SLS-COMMON-20", says="A retry with an unknown shipper is accepted.")
class ShipperUnknownAcceptedOnPut(Server):
    """Starts none of the tasks that there are not."""

    def retry_shipper_task(self, call: Call, **given: Any) -> None:
        """Start tasks again where there is a shipper."""
        if self.store.shipper(self.name_of(call)) is not None:
            super().retry_shipper_task(call, **given)


@faulty("SLS-COMMON-16", says="A shipper of another logstore of the project gets an empty page.", warns=True)
class ShipperOfOtherLogstoreEmpty(Server):
    """Knows the names of shippers without their logstore."""

    def get_shipper_status(self, call: Call, **given: Any) -> ShipperTaskPage:
        """Return a page, an empty one where another logstore has the shipper."""
        name = self.name_of(call)
        if self.store.shipper(name) is None and self.known(name):
            return self.page(Shipper(0, name, None), given["from_"], given["to"], "", 0, 0)
        return super().get_shipper_status(call, **given)

    def known(self, name: ShipperName) -> bool:
        """Tell whether the project has a shipper of this name anywhere."""
        with self.store.database.reading() as connection:
            found = connection.execute(
                "SELECT 1 FROM sls_shipper WHERE project = ? AND name = ?", (name.project, name.shipper)
            )
            return found.fetchone() is not None


@faulty("SLS-COMMON-16", says="The message about an unknown shipper is empty.")
class ShipperMessageEmpty(Replacing):
    """Says nothing to a person."""

    replaced = faults.SHIPPER_UNKNOWN
    by = Fault(400, "ShipperNotExist", "")


@faulty("SLS-COMMON-16", says="The message about an unknown shipper does not name it.", warns=True)
class ShipperMessageNameless(Replacing):
    """Says what is wrong, and not with which."""

    replaced = faults.SHIPPER_UNKNOWN
    by = Fault(400, "ShipperNotExist", "the shipper does not exist")


@faulty("SLS-COMMON-20", "SLS-COMMON-15", "SLS-COMMON-16", says="A logstore or a shipper that is unknown is NotExist.")
class OneCodeForMissing(Server):
    """Does not tell two errors apart."""

    def refuse(self, fault: Fault, **values: object) -> Refusal:
        """Return a refusal, one with another code where something does not exist."""
        if fault in (faults.LOGSTORE_UNKNOWN, faults.SHIPPER_UNKNOWN):
            fault = Fault(fault.status, "NotExist", fault.text)
        return super().refuse(fault, **values)


@faulty("SLS-COMMON-20", "SLS-COMMON-16", says="An unknown shipper is answered as an unknown logstore.")
class ShipperUnknownAsLogstore(Replacing):
    """Takes the path for one name."""

    replaced = faults.SHIPPER_UNKNOWN
    by = faults.LOGSTORE_UNKNOWN


@faulty("SLS-COMMON-16", says="A retry with a shipper of another logstore is answered as an unknown logstore.")
class ShipperElsewhereAsLogstore(ShipperOfOtherLogstoreEmpty):
    """Finds a shipper of this name and takes the logstore for what is wrong."""

    def get_shipper_status(self, call: Call, **given: Any) -> ShipperTaskPage:
        """Return a page, as it should be."""
        return Server.get_shipper_status(self, call, **given)

    def shipper_of(self, call: Call) -> Shipper:
        """Return the shipper, or refuse a retry for its logstore where the name is known."""
        name = self.name_of(call)
        if call.operation_id == "retryShipperTask" and self.store.shipper(name) is None and self.known(name):
            raise self.refuse(faults.LOGSTORE_UNKNOWN, name=name.logstore)
        return super().shipper_of(call)


@faulty("SLS-COMMON-20", "SLS-COMMON-15", says="A retry in an unknown logstore is answered as an unknown project.")
class LogstoreUnknownAsProjectOnPut(Replacing):
    """Finds the project through its logstores."""

    operations = ("retryShipperTask",)
    replaced = faults.LOGSTORE_UNKNOWN
    by = faults.PROJECT_UNKNOWN
