"""SLS servers that remember wrongly, or start other ids than those that are named: the store replaced."""

from collections.abc import Callable, Sequence

from retryspec.reference.sls import Server
from retryspec.reference.sls.store import Shipper, ShipperName, Store
from retryspec.reference.variations import faulty

END = 2**62


END = 2**62


class FirstOnlyStore(Store):
    """Starts one task however many are named."""

    def start_again(self, shipper: Shipper, ids: Sequence[str], now: float) -> int:
        """Start the first task that is named."""
        return super().start_again(shipper, ids[:1], now)


@faulty("SLS-RETRY-04", says="Of several tasks only the first that is named runs again.")
class RetryOfFirstOnly(Server):
    """Forgets all ids but the first."""

    store_type = FirstOnlyStore


class ProjectWideStore(Store):
    """Finds shippers by their own name alone."""

    def shipper(self, name: ShipperName) -> Shipper | None:
        """Return the first shipper of this name in the project, whatever its logstore."""
        with self.database.reading() as connection:
            row = connection.execute(
                "SELECT number, fault FROM sls_shipper WHERE project = ? AND name = ? ORDER BY number",
                (name.project, name.shipper),
            ).fetchone()
        return None if row is None else Shipper(row[0], name, row[1])


@faulty("SLS-COMMON-03", "SLS-COMMON-16", says="Two shippers of one name in two logstores share their tasks.")
class ShipperNamesProjectWide(Server):
    """Takes the name of a shipper for unique in its project."""

    store_type = ProjectWideStore


# Which of the named ids run


def choosing(choose: Callable[[Sequence[str]], Sequence[str]]) -> type[Store]:
    """Return a store that starts those of the named ids that are chosen."""

    class ChoosingStore(Store):
        """Starts some of what is named."""

        def start_again(self, shipper: Shipper, ids: Sequence[str], now: float) -> int:
            """Start what is chosen."""
            return super().start_again(shipper, choose(ids), now)

    return ChoosingStore


@faulty("SLS-RETRY-04", says="No task runs again.")
class NothingStarted(Server):
    """Says 200 and does nothing."""

    store_type = choosing(lambda ids: [])


@faulty("SLS-RETRY-04", says="Of several tasks only the last that is named runs again.")
class LastOnlyStarted(Server):
    """Overwrites one with the next."""

    store_type = choosing(lambda ids: ids[-1:])


@faulty("SLS-RETRY-04", says="Of several tasks the last that is named does not run again.")
class LastLeftOut(Server):
    """Stops one too early."""

    store_type = choosing(lambda ids: ids if len(ids) == 1 else ids[:-1])


@faulty("SLS-RETRY-04", says="Of several tasks the first that is named does not run again.")
class FirstLeftOut(Server):
    """Begins at 1."""

    store_type = choosing(lambda ids: ids if len(ids) == 1 else ids[1:])


@faulty("SLS-RETRY-04", says="Of three tasks or more only the first and the last run again.")
class MiddleLeftOut(Server):
    """Has two ends."""

    store_type = choosing(lambda ids: [*ids[:1], *ids[-1:]])


@faulty("SLS-RETRY-04", says="Every other task that is named does not run again.")
class EverySecondLeftOut(Server):
    """Takes out of a list while it walks through it."""

    store_type = choosing(lambda ids: ids[::2])


@faulty("SLS-RETRY-04", says="Ids with capital letters are not found.")
class CapitalsNotFound(Server):
    """Writes all ids in lower case before it looks for them."""

    store_type = choosing(lambda ids: [id_.lower() for id_ in ids])


@faulty("SLS-RETRY-04", says="Ids of more than 32 characters are not found.")
class LongIdsNotFound(Server):
    """Cuts ids to the length that most of them have."""

    store_type = choosing(lambda ids: [id_[:32] for id_ in ids])


@faulty("SLS-RETRY-04", says="Ids with a full stop are not found.")
class DottedIdsNotFound(Server):
    """Takes what follows a full stop for a suffix."""

    store_type = choosing(lambda ids: [id_.partition(".")[0] for id_ in ids])
