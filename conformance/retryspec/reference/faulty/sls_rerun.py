"""SLS servers whose tasks run again in a wrong way: too short, with another end, not twice, or not alone."""

from collections.abc import Sequence

from retryspec.reference.sls import Server
from retryspec.reference.sls.store import Shipper, Store
from retryspec.reference.variations import faulty

END = 2**62


def rerunning(instead: dict[str, str]) -> type[Store]:
    """Return a store whose retry sets other values, in SQL, in some columns."""

    class RerunningStore(Store):
        """Starts tasks in a way of its own."""

        def rerun(self) -> str:
            """Return what a retry sets; of a column that is set twice, the last counts."""
            values = {
                "ends": ":now + rerun_seconds",
                "finished": "max(finished + 1, CAST(:now + rerun_seconds AS INTEGER))",
                "outcome": "rerun_outcome",
                "runs": "runs + 1",
            } | instead
            return ", ".join(f"{column} = {value}" for column, value in values.items())

    return RerunningStore


def restarting(condition: str) -> type[Store]:
    """Return a store that starts named tasks under another condition, in SQL."""

    class RestartingStore(Store):
        """Starts other tasks than failed ones, or not all of these."""

        def may_run_again(self) -> str:
            """Return the condition."""
            return f"({condition})"

    return RestartingStore


FAILED = "outcome = 'fail' AND ends <= :now"

# How a run goes on and ends


@faulty("SLS-RETRY-04", says="A task that was to succeed when it runs again fails again.")
class RerunFails(Server):
    """Runs it with the same mistake."""

    store_type = rerunning({"outcome": "'fail'"})


@faulty("SLS-RETRY-04", says="A task that was to fail again succeeds.")
class RerunSucceeds(Server):
    """Takes the end of every run for a success."""

    store_type = rerunning({"outcome": "'success'"})


@faulty("SLS-RETRY-04", says="A task that runs again never ends.")
class RerunNeverEnds(Server):
    """Loses the worker."""

    store_type = rerunning({"ends": ":now + 86400"})


@faulty("SLS-RETRY-04", says="A task that runs again takes twenty seconds longer than it should.")
class RerunTakesLonger(Server):
    """Waits for a place in the queue, and shows that as running."""

    store_type = rerunning({"ends": ":now + rerun_seconds + 20"})


@faulty("SLS-RETRY-04", says="A task that runs again has ended at once.")
class RerunEndsAtOnce(Server):
    """Does not do what it is to do."""

    store_type = rerunning({"ends": ":now"})


@faulty("SLS-RETRY-04", says="A task that runs again has ended after half a second.")
class RerunEndsEarly(Server):
    """Gives up soon."""

    store_type = rerunning({"ends": ":now + min(rerun_seconds, 0.5)"})


@faulty("SLS-RETRY-04", says="A task that runs again has failed after half a second.")
class RerunTimesOut(Server):
    """Waits for an answer of its worker, and not long."""

    store_type = rerunning(
        {
            "ends": ":now + min(rerun_seconds, 0.5)",
            "outcome": "CASE WHEN rerun_seconds > 0.5 THEN 'fail' ELSE rerun_outcome END",
        }
    )


@faulty("SLS-RETRY-04", says="A second run of a task never ends.", slow=True)
class SecondRunNeverEnds(Server):
    """Has one worker for each task."""

    store_type = rerunning({"ends": "CASE WHEN runs > 0 THEN :now + 86400 ELSE :now + rerun_seconds END"})


# Which tasks may run


@faulty("SLS-RETRY-04", says="A task that has failed a second time does not run again.")
class OneRetryOnly(Server):
    """Has one try for each task."""

    store_type = restarting(f"{FAILED} AND runs < 1")


@faulty("SLS-RETRY-04", says="A task that has failed a third time does not run again.", slow=True)
class TwoRetriesOnly(Server):
    """Has two tries for each task."""

    store_type = restarting(f"{FAILED} AND runs < 2")


@faulty("SLS-RETRY-09", says="A task that has succeeded runs again.", warns=True)
class SuccessRuns(Server):
    """Runs whatever has ended."""

    store_type = restarting("ends <= :now")


@faulty("SLS-RETRY-09", says="A task that has succeeded after a retry runs again.", warns=True)
class SuccessOfRerunRuns(Server):
    """Remembers that it had failed."""

    store_type = restarting(f"{FAILED} OR (runs > 0 AND ends <= :now)")


class MixedListStore(Store):
    """Runs all that is named if one of it may run."""

    def start_again(self, shipper: Shipper, ids: Sequence[str], now: float) -> int:
        """Start what may run, and if that is something, what has succeeded as well."""
        started = super().start_again(shipper, ids, now)
        if started:
            with self.database.writing() as connection:
                connection.executemany(
                    "UPDATE sls_task SET ends = ?1 + 30 WHERE shipper = ?2 AND id = ?3 AND ends <= ?1",
                    [(now, shipper.number, id_) for id_ in ids],
                )
        return started


@faulty("SLS-RETRY-09", says="A task that has succeeded runs again when a failed one is named with it.", warns=True)
class SuccessRunsInMixedList(Server):
    """Looks at one of the tasks."""

    store_type = MixedListStore


def touching(change: str) -> type[Store]:
    """Return a store that changes named tasks, in SQL, before it starts those that have failed."""

    class TouchingStore(Store):
        """Does something about tasks that it does not start."""

        def start_again(self, shipper: Shipper, ids: Sequence[str], now: float) -> int:
            """Change the named tasks, and start the failed ones."""
            with self.database.writing() as connection:
                connection.executemany(
                    f"{change} AND shipper = :shipper AND id = :id AND :now > 0",
                    [{"now": now, "shipper": shipper.number, "id": id_} for id_ in ids],
                )
            return super().start_again(shipper, ids, now)

    return TouchingStore


@faulty("SLS-RETRY-09", says="A task that runs fails when it is named.")
class RunningStopped(Server):
    """Stops it to start it, and does not."""

    store_type = touching("UPDATE sls_task SET ends = :now + 0.001, outcome = 'fail' WHERE runs = 0 AND ends > :now")


@faulty("SLS-RETRY-09", says="A task that runs has succeeded when it is named.")
class RunningFinished(Server):
    """Takes a second request for the report of the worker."""

    store_type = touching("UPDATE sls_task SET ends = :now WHERE outcome <> 'fail' AND ends > :now")


@faulty("SLS-RETRY-04", "SLS-RETRY-09", says="A task that runs again fails when it is named a second time.")
class RerunStopped(Server):
    """Turns on and off."""

    store_type = touching("UPDATE sls_task SET ends = :now + 0.001, outcome = 'fail' WHERE runs > 0 AND ends > :now")


@faulty("SLS-RETRY-09", says="A task that has succeeded fails when it is named.", warns=True)
class SuccessFails(Server):
    """Cannot run it, and says so on the task."""

    store_type = touching(
        "UPDATE sls_task SET outcome = 'fail', ends = :now + 0.001 WHERE outcome = 'success' AND ends <= :now"
    )


@faulty("SLS-RETRY-09", says="A task that has succeeded has another finish time when it is named.", warns=True)
class SuccessFinishedAnew(Server):
    """Stamps whatever it comes across."""

    store_type = touching(
        "UPDATE sls_task SET finished = CAST(:now AS INTEGER) WHERE outcome = 'success' AND ends <= :now"
    )


@faulty("SLS-RETRY-09", says="A task that has succeeded has a message when it is named.", warns=True)
class SuccessRemarked(Server):
    """Writes down why it does nothing."""

    store_type = touching("UPDATE sls_task SET message = 'not retried' WHERE outcome = 'success' AND ends <= :now")


@faulty("SLS-RETRY-09", says="A task that has succeeded is gone when it is named.", warns=True)
class SuccessDropped(Server):
    """Makes room for a run that it does not start."""

    store_type = touching("DELETE FROM sls_task WHERE outcome = 'success' AND ends <= :now")
