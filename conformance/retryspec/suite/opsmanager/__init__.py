"""The suite for the log collection jobs of MongoDB Ops Manager."""

from retryspec.suite.opsmanager.connection import connect

__all__ = ["connect"]
