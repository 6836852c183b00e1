"""The reference server of VMware Cloud Foundation (SDDC Manager) tasks."""

from retryspec.reference.vcf import faults
from retryspec.reference.vcf.server import Server

__all__ = ["Server", "faults"]
