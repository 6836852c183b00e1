"""Credentials for plain `requests`, as schemathesis sends its requests."""

import os

from requests.auth import HTTPDigestAuth

__all__ = ["from_environment"]


def from_environment() -> HTTPDigestAuth:
    """HTTP digest with OM_PUBLIC_KEY and OM_PRIVATE_KEY.

    Raises:
        KeyError: one of them is not set.
    """
    return HTTPDigestAuth(os.environ["OM_PUBLIC_KEY"], os.environ["OM_PRIVATE_KEY"])
