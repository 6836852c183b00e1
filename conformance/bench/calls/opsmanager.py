"""Calls of Ops Manager."""

from collections.abc import Callable
from typing import Any

from retryspec.exchange import Request
from retryspec.suite.opsmanager.model import JobPlan, Status

__all__ = ["calls"]


def calls(connection: Any) -> dict[str, Callable[[int], Request]]:
    """One job, and retries of failed ones, most of which run already; each with a count of its own under one nonce."""
    opsmanager = connection.handle(connection.session.judge("bench", ("OM-GET-01",)))
    group = opsmanager.fresh_group([JobPlan(Status.FAILURE)] * 50)
    return {
        "status": lambda number: opsmanager.get_request(group.id, group.ids[number % 50]),
        "retry": lambda number: opsmanager.retry_request(group.id, group.ids[number % 50]),
    }
