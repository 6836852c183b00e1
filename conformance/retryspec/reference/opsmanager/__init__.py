"""The reference server of MongoDB Ops Manager log collection jobs."""

from retryspec.reference.opsmanager import faults
from retryspec.reference.opsmanager.server import Server

__all__ = ["Server", "faults"]
