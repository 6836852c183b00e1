"""Asks a server under test for a known state, as the provider-states protocol says."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from retryspec.checks import Untestable
from retryspec.exchange import Exchanger, Request
from retryspec.shape import BadJson, parse_json

__all__ = ["ProviderStates"]


class ProviderStates:
    """The endpoint that creates states; every setup makes fresh resources.

    Args:
        url: where it is.
        exchanger: sends to the origin of that URL.
    """

    def __init__(self, url: str, exchanger: Exchanger) -> None:
        self._exchanger = exchanger
        parts = urlsplit(url)
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._host = parts.netloc.rpartition("@")[2]

    def set_up(self, state: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Bring the server into a state and return the values it names.

        Raises:
            Untestable: the server does not support that state, or gave no usable answer.
        """
        body = json.dumps({"action": "setup", "state": state, "params": params}).encode()
        headers = (("Host", self._host), ("Content-Type", "application/json"), ("Accept", "application/json"))
        exchange = self._exchanger.send(Request("POST", self._target, headers, body))
        if exchange.response is None:
            raise Untestable(f"the provider state {state!r} could not be set up: {exchange.failure}")
        if exchange.response.status != 200:
            raise Untestable(
                f"the provider state {state!r}{_asked_for(params)} is not supported ({exchange.response.status})"
            )
        try:
            values = parse_json(exchange.response.body)
        except BadJson as error:
            raise Untestable(f"the provider state {state!r} was answered without JSON: {error}") from None
        if not isinstance(values, dict):
            raise Untestable(f"the provider state {state!r} was not answered with a JSON object")
        if not _is_unicode(values):
            raise Untestable(f"the provider state {state!r} was answered with half of a surrogate pair")
        return values

    def close(self) -> None:
        """Close every connection."""
        self._exchanger.close()


def _asked_for(params: Mapping[str, Any]) -> str:
    """What is asked for beside the state itself: which statuses, and whether a fault."""
    things = [each for value in params.values() if isinstance(value, list) for each in value]
    asked = sorted({str(each["status"]) for each in things if "status" in each})
    asked += ["a fault"] if "fault" in params or any("fault" in each for each in things) else []
    return f" with {', '.join(asked)}" if asked else ""


def _is_unicode(value: Any) -> bool:
    """Whether all text in a value can be written in a request."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True
