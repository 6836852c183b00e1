"""Servers that break a behaviour each, in modules named after the API they belong to."""
