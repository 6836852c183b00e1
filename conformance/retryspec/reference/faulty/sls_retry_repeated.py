"""SLS servers to which an id that stands twice in a retry is something else than the same id."""

from collections import Counter
from collections.abc import Sequence

from retryspec.reference.sls import Server, faults
from retryspec.reference.sls.store import Shipper
from retryspec.reference.variations import faulty

# The request


class Repeating(Server):
    """Has a way of its own with ids that stand more than once."""

    def repeated(self, shipper: Shipper, ids: Sequence[str], counts: Counter[str]) -> Sequence[str]:
        """Return the ids to start."""
        return ids

    def start_again(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Start what is left."""
        super().start_again(shipper, self.repeated(shipper, ids, Counter(ids)))


@faulty("SLS-RETRY-10", says="A repeated id is refused.")
class RepeatedRefused(Repeating):
    """Wants a set."""

    def repeated(self, shipper: Shipper, ids: Sequence[str], counts: Counter[str]) -> Sequence[str]:
        """Refuse what is no set."""
        if len(counts) < len(ids):
            raise self.refuse(faults.PARAMETER_INVALID, name="body", detail="An id stands twice.")
        return ids


@faulty("SLS-RETRY-10", says="A repeated id is refused where it stands apart from the first.")
class RepeatedApartRefused(Repeating):
    """Drops what equals its neighbour, and takes that for all."""

    def repeated(self, shipper: Shipper, ids: Sequence[str], counts: Counter[str]) -> Sequence[str]:
        """Refuse what still stands twice."""
        kept = [id_ for place, id_ in enumerate(ids) if place == 0 or ids[place - 1] != id_]
        if len(counts) < len(kept):
            raise self.refuse(faults.PARAMETER_INVALID, name="body", detail="An id stands twice.")
        return kept


@faulty("SLS-RETRY-10", says="An id that stands three times is refused, twice is fine.")
class ThriceRefused(Repeating):
    """Was tried with the vendor's example."""

    def repeated(self, shipper: Shipper, ids: Sequence[str], counts: Counter[str]) -> Sequence[str]:
        """Refuse what stands three times."""
        if max(counts.values(), default=0) > 2:
            raise self.refuse(faults.PARAMETER_INVALID, name="body", detail="An id stands three times.")
        return ids


@faulty("SLS-RETRY-10", "SLS-COMMON-17", says="A repeated id ends in an internal error.")
class RepeatedFails(Repeating):
    """Stores every entry under its id."""

    def repeated(self, shipper: Shipper, ids: Sequence[str], counts: Counter[str]) -> Sequence[str]:
        """Fail on a key that is there."""
        if len(counts) < len(ids):
            raise self.refuse(faults.INTERNAL)
        return ids


@faulty("SLS-RETRY-10", "SLS-RETRY-04", says="A task whose id stands twice does not run.")
class RepeatedCancelled(Repeating):
    """Starts it and stops it."""

    def repeated(self, shipper: Shipper, ids: Sequence[str], counts: Counter[str]) -> Sequence[str]:
        """Leave out what stands an even number of times."""
        return [id_ for id_ in ids if counts[id_] % 2]


@faulty("SLS-RETRY-10", "SLS-RETRY-04", says="Behind a repeated id nothing runs.")
class RepeatedEndsList(Repeating):
    """Stops at an id that it has done."""

    def repeated(self, shipper: Shipper, ids: Sequence[str], counts: Counter[str]) -> Sequence[str]:
        """Return the ids up to the first that was there before."""
        for place, id_ in enumerate(ids):
            if id_ in ids[:place]:
                return ids[:place]
        return ids


@faulty("SLS-RETRY-10", says="Ten entries are refused where they are fewer ids.")
class RepeatedCountTwice(Repeating):
    """Counts each repetition once more."""

    def repeated(self, shipper: Shipper, ids: Sequence[str], counts: Counter[str]) -> Sequence[str]:
        """Refuse what is more than ten by that count."""
        if 2 * len(ids) - len(counts) > 10:
            raise self.refuse(faults.TOO_MANY_TASKS)
        return ids


@faulty("SLS-RETRY-10", says="A task whose id stands twice runs a second time as soon as it has ended.")
class RepeatedRunsTwice(Repeating):
    """Queues every entry."""

    def start_again(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Add to the run of a task one more for each repetition."""
        super().start_again(shipper, ids)
        with self.store.database.writing() as connection:
            connection.executemany(
                "UPDATE sls_task SET ends = ends + ?2 * max(rerun_seconds, 1) "
                "WHERE shipper = ?3 AND id = ?1 AND runs > 0",
                [(id_, count - 1, shipper.number) for id_, count in Counter(ids).items() if count > 1],
            )
