"""Servers that take a latitude of the contract each, in modules named after the API they belong to."""
