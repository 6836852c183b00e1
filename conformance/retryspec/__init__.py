"""Contracts of three retry-and-status HTTP APIs, a reference server, and a suite that judges any implementation."""

__all__ = ["__version__"]

__version__ = "0.1.0"
