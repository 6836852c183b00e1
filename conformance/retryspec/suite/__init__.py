"""The checks, one package per API."""
