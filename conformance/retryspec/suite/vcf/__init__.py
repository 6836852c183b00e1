"""The suite for the tasks of VMware Cloud Foundation's SDDC Manager."""

from retryspec.suite.vcf.connection import connect

__all__ = ["connect"]
