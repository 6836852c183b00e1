"""The suite for Alibaba Cloud SLS LogShipper tasks."""

from retryspec.suite.sls.connection import connect

__all__ = ["connect"]
