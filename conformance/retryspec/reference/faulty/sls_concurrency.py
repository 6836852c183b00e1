"""SLS servers that are right as long as one request comes after the other."""

import threading
from collections.abc import Sequence

from retryspec.reference.sls import Server
from retryspec.reference.sls.store import Shipper, Store
from retryspec.reference.variations import faulty

# How long a retry waits for another one to meet it: the gap between reading and writing of a slow storage.
GAP_SECONDS = 0.05


class ForgetfulStore(Store):
    """Reads all tasks of a shipper, changes some, and writes all of them back."""

    never = threading.Event()

    def start_again(self, shipper: Shipper, ids: Sequence[str], now: float) -> int:
        """Start tasks again, and undo what happened to the others meanwhile."""
        columns = "number, ends, outcome, finished, runs"
        with self.database.reading() as connection:
            before = connection.execute(
                f"SELECT {columns} FROM sls_task WHERE shipper = ? AND id NOT IN ({', '.join('?' * len(ids))})",
                (shipper.number, *ids),
            ).fetchall()
        self.never.wait(GAP_SECONDS)
        started = super().start_again(shipper, ids, now)
        with self.database.writing() as connection:
            connection.executemany(
                "UPDATE sls_task SET ends = ?2, outcome = ?3, finished = ?4, runs = ?5 WHERE number = ?1", before
            )
        return started


@faulty("SLS-RETRY-04", says="Of two simultaneous retries of different tasks one is lost.")
class SimultaneousRetryLost(Server):
    """Loses a retry that another one overtakes."""

    store_type = ForgetfulStore
