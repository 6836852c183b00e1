"""Calls of SLS."""

from collections.abc import Callable
from typing import Any

from retryspec.exchange import Request
from retryspec.suite.sls.model import TaskPlan

__all__ = ["calls"]


def calls(connection: Any) -> dict[str, Callable[[int], Request]]:
    """The status of a shipper with ten tasks, and retries of failed ones."""
    sls = connection.handle(connection.session.judge("bench", ("SLS-GET-01",)))
    shipper = sls.fresh_shipper([TaskPlan("fail")] * 10)
    window, ids = sls.window(), shipper.ids()
    return {
        "status": lambda _: sls.get_request(shipper, window),
        "retry": lambda number: sls.put_request(shipper, [ids[number % len(ids)]]),
    }
