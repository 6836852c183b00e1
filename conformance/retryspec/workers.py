"""How several processes share the checks: each takes every n-th of them, and knows so from the start.

pytest-xdist hands checks out a few at a time, and a process that does not know what comes next can only run one after
another. A share that is fixed lets each process run several at the same time, as one alone does.
"""

from collections.abc import Sequence

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

__all__ = ["ShareScheduling", "share_with"]


class ShareScheduling(LoadScopeScheduling):  # type: ignore[misc]  # pytest-xdist has no types
    """Gives each worker one share of the checks, whole."""

    def _split_scope(self, nodeid: str) -> str:
        """The share that a check is in."""
        assert self.collection is not None  # pytest-xdist asks once it has it
        return str(self.collection.index(nodeid) % self.numnodes)


def share_with(item: pytest.Item, workers: int) -> Sequence[pytest.Item]:
    """All that one of so many workers runs, if it runs this item."""
    items = item.session.items
    return items[items.index(item) % workers :: workers]
