"""The reference server of Alibaba Cloud SLS LogShipper tasks."""

from retryspec.reference.sls import faults
from retryspec.reference.sls.server import Server

__all__ = ["Server", "faults"]
