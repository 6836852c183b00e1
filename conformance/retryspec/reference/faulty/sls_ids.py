"""SLS servers that find the wrong tasks for the ids of a retry."""

import re
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from urllib.parse import unquote

from retryspec.reference.sls import Server
from retryspec.reference.sls.store import Shipper, State, Store, Task
from retryspec.reference.variations import faulty

END = 2**62


END = 2**62


def placing(choose: Callable[[list[Task], Sequence[str], float], Sequence[str]]) -> type[Store]:
    """Return a store that starts what is chosen from all tasks of the shipper, given as they are listed."""

    class PlacingStore(Store):
        """Starts what it takes for what is named."""

        def start_again(self, shipper: Shipper, ids: Sequence[str], now: float) -> int:
            """Start what is chosen."""
            return super().start_again(shipper, choose(self.tasks(shipper, 0, END), ids, now), now)

    return PlacingStore


def in_step(tasks: list[Task], ids: Sequence[str], now: float) -> list[str]:
    """Return the ids that are found by walking once through both lists."""
    rest = iter(task.id for task in tasks)
    return [id_ for id_ in ids if id_ in rest]


def failed(tasks: list[Task], now: float) -> list[Task]:
    """Return the tasks that have failed."""
    return [task for task in tasks if task.state(now) is State.FAIL]


@faulty("SLS-RETRY-04", says="Ids in another order than that of the list are not all found.")
class OrderMatters(Server):
    """Walks through both lists once, side by side."""

    store_type = placing(in_step)


@faulty("SLS-RETRY-04", says="Tasks beyond the newest hundred do not run again.")
class BeyondHundredNotFound(Server):
    """Looks on the first page."""

    store_type = placing(
        lambda tasks, ids, now: [task.id for task in tasks[:100] if task.id in ids],
    )


@faulty("SLS-RETRY-04", says="Tasks that were created more than twelve hours ago do not run again.")
class OldTasksNotRun(Server):
    """Has no more logs for them."""

    store_type = placing(
        lambda tasks, ids, now: [task.id for task in tasks if task.id in ids and task.created > now - 12 * 3600],
    )


@faulty("SLS-RETRY-04", says="Tasks that failed with the code ConfigNotExist do not run again.")
class HopelessTasksNotRun(Server):
    """Thinks that it knows better."""

    store_type = placing(
        lambda tasks, ids, now: [task.id for task in tasks if task.id in ids and task.code != "ConfigNotExist"],
    )


# Tasks that nobody named


@faulty(
    "SLS-RETRY-04", "SLS-RETRY-09", "SLS-COMMON-03", "SLS-GET-18", says="All failed tasks of the shipper run again."
)
class AllFailedRun(Server):
    """Has one button."""

    store_type = placing(lambda tasks, ids, now: [task.id for task in tasks] if ids else [])


@faulty(
    "SLS-RETRY-04",
    "SLS-RETRY-09",
    "SLS-COMMON-03",
    "SLS-GET-18",
    says="With a failed task that is named the next older failed one runs as well.",
)
class NextOlderRuns(Server):
    """Goes one too far."""

    store_type = placing(
        lambda tasks, ids, now: [
            task.id
            for before, task in zip([None, *failed(tasks, now)], failed(tasks, now), strict=False)
            if task.id in ids or (before is not None and before.id in ids)
        ]
    )


@faulty("SLS-RETRY-09", "SLS-RETRY-04", "SLS-GET-18", says="All failed tasks between two that are named run as well.")
class RangeRuns(Server):
    """Asks its database for what lies between."""

    store_type = placing(
        lambda tasks, ids, now: [
            task.id
            for place, task in enumerate(tasks)
            if any(other.id in ids for other in tasks[: place + 1]) and any(other.id in ids for other in tasks[place:])
        ]
    )


@faulty(
    "SLS-RETRY-04",
    "SLS-RETRY-09",
    "SLS-COMMON-03",
    "SLS-GET-18",
    says="Failed tasks with the same message run as well.",
)
class SameMessageRuns(Server):
    """Groups failures by their cause."""

    store_type = placing(
        lambda tasks, ids, now: [
            task.id for task in tasks if task.message in {other.message for other in tasks if other.id in ids}
        ]
    )


@faulty(
    "SLS-RETRY-04", "SLS-RETRY-09", "SLS-GET-18", says="Failed tasks that were created in the same second run as well."
)
class SameSecondRuns(Server):
    """Takes the second of creation for a key."""

    store_type = placing(
        lambda tasks, ids, now: [
            task.id for task in tasks if task.created in {other.created for other in tasks if other.id in ids}
        ]
    )


@faulty("SLS-RETRY-04", "SLS-RETRY-09", says="For an unknown id the newest failed task runs.")
class UnknownRunsNewest(Server):
    """Takes the first where it finds none."""

    store_type = placing(
        lambda tasks, ids, now: [
            *ids,
            *([task.id for task in failed(tasks, now)[:1]] if set(ids) - {task.id for task in tasks} else []),
        ]
    )


@faulty("SLS-RETRY-09", "SLS-RETRY-04", says="For an id of a successful task the failed one beside it runs.")
class SuccessRunsBeside(Server):
    """Looks for the id among all tasks, and at its place among the failed ones."""

    store_type = placing(
        lambda tasks, ids, now: [
            *ids,
            *[
                other.id
                for task in tasks
                if task.id in ids and task.state(now) is State.SUCCESS
                for other in failed(tasks, now)[:1]
            ],
        ]
    )


# Ids that are not quite the same


def matching(same: Callable[[str, str], bool]) -> type[Store]:
    """Return a store that starts every task whose id, given first, counts as the same as a named one."""
    return placing(lambda tasks, ids, now: [task.id for task in tasks if any(same(task.id, id_) for id_ in ids)])


@faulty("SLS-RETRY-04", "SLS-RETRY-09", says="The beginning of an id is enough to run the task.")
class IdByPrefix(Server):
    """Finds by what an id begins with."""

    store_type = matching(lambda id_, named: bool(named) and id_.startswith(named))


@faulty("SLS-RETRY-04", "SLS-RETRY-09", says="An id with something behind it runs the task.")
class IdWithTail(Server):
    """Cuts an id to the length that it has."""

    store_type = matching(lambda id_, named: named.startswith(id_))


@faulty("SLS-RETRY-04", "SLS-RETRY-09", says="An id in other letter case runs the task.", warns=True)
class IdWithoutCase(Server):
    """Compares as its database does."""

    store_type = matching(lambda id_, named: id_.lower() == named.lower())


@faulty("SLS-RETRY-04", "SLS-RETRY-09", says="An id with blanks around it runs the task.", warns=True)
class IdWithBlanks(Server):
    """Tidies up."""

    store_type = matching(lambda id_, named: id_ == named.strip())


@faulty("SLS-RETRY-04", "SLS-RETRY-09", says="A percent sign in an id stands for anything.")
class IdLike(Server):
    """Compares with LIKE."""

    store_type = matching(
        lambda id_, named: re.fullmatch(re.escape(named).replace("%", ".*").replace("_", "."), id_) is not None
    )


@faulty("SLS-RETRY-04", "SLS-RETRY-09", says="An asterisk in an id stands for anything.")
class IdGlob(Server):
    """Compares with a pattern of the shell."""

    store_type = matching(lambda id_, named: fnmatchcase(id_, named) if "*" in named else id_ == named)


@faulty("SLS-RETRY-04", "SLS-RETRY-09", says="An id that is percent-encoded runs the task.")
class IdDecoded(Server):
    """Decodes what is in no address."""

    store_type = matching(lambda id_, named: id_ == unquote(named))


@faulty("SLS-RETRY-04", "SLS-RETRY-09", says="Two ids in one string, with a comma between them, run both tasks.")
class IdsInOneString(Server):
    """Joins and splits."""

    store_type = matching(lambda id_, named: id_ in named.split(","))


@faulty("SLS-RETRY-04", "SLS-RETRY-09", says="An empty id runs all failed tasks.")
class EmptyIdMeansAll(Server):
    """Finds the empty text everywhere."""

    store_type = matching(lambda id_, named: not named or id_ == named)


@faulty("SLS-RETRY-04", "SLS-RETRY-09", says="What follows a NUL in an id is not compared.")
class IdUpToNul(Server):
    """Compares as C does."""

    store_type = matching(lambda id_, named: id_ == named.partition("\0")[0])


@faulty("SLS-RETRY-04", "SLS-RETRY-09", says="The word all runs all failed tasks.")
class AllMeansAll(Server):
    """Knows a word that is no id."""

    store_type = matching(lambda id_, named: named.lower() in ("all", "*", "") or id_ == named)
