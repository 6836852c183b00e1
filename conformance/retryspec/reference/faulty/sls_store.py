"""SLS servers that remember wrongly: the store replaced."""

from collections.abc import Sequence

from retryspec.reference.sls import Server
from retryspec.reference.sls.store import Shipper, ShipperName, Store
from retryspec.reference.variations import faulty


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


@faulty("SLS-COMMON-03", says="Two shippers of one name in two logstores share their tasks.")
class ShipperNamesProjectWide(Server):
    """Takes the name of a shipper for unique in its project."""

    store_type = ProjectWideStore
