"""Calls of VCF."""

from collections.abc import Callable
from typing import Any

from retryspec.exchange import Request
from retryspec.suite.vcf.model import Meaning, TaskPlan

__all__ = ["calls"]


def calls(connection: Any) -> dict[str, Callable[[int], Request]]:
    """One task, and retries of failed ones, most of which run already."""
    vcf = connection.handle(connection.session.judge("bench", ("VCF-GET-01",)))
    batch = vcf.fresh_tasks([TaskPlan(Meaning.FAILED)] * 50)
    return {
        "status": lambda number: vcf.get_request(batch.ids[number % 50]),
        "retry": lambda number: vcf.retry_request(batch.ids[number % 50]),
    }
