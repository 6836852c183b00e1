"""Walks along the links of a document: from a list to a task, to its retry, and back to see what became of it."""

import json
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, unquote

from retryspec.documents import Document, Operation
from retryspec.exchange import Exchange
from retryspec.properties.cases import Case
from retryspec.shape import BadJson, parse_json

__all__ = ["walk"]

MOST_STEPS = 8

Send = Callable[[Case], Exchange | None]


def walk(
    document: Document, operations: Sequence[str], known: Mapping[str, Sequence[str]], seed: int, send: Send
) -> Iterator[Case]:
    """Call an operation, and then whatever its answers link to, step by step at random.

    Args:
        document: the contract.
        operations: the operations that may be called.
        known: values that the server knows, by the part of a request they belong in.
        seed: which walk it is; the same server gives the same one again.
        send: sends a case and gives the exchange, or None for one that is not for this server.
    """
    chance = random.Random(seed)
    operation = document.operations[chance.choice(list(operations))]
    values = {name: chance.choice(list(known[f"path.{name}"])) for name in _names(operation)}
    body: Any = None
    for step in range(MOST_STEPS):
        if body is None and operation.takes_body:
            body = chance.sample(list(known.get("body", ["absent"])), k=1)
        case = _case(operation, values, body, known, f"step {step + 1} of walk {seed}")
        yield case
        exchange = send(case)
        if exchange is None or exchange.response is None:
            return
        links = [each for each in operation.links.get(exchange.response.status, ()) if each.operation in operations]
        if not links:
            return
        link = chance.choice(links)
        led = {
            name.removeprefix("path."): _value(text, exchange, values, chance) for name, text in link.parameters.items()
        }
        values = {name: _ours(value, known.get(f"path.{name}", ()), chance) for name, value in led.items()}
        body = _value(link.body, exchange, values, chance) if link.body else None
        operation = document.operations[link.operation]


def _ours(value: Any, known: Sequence[str], chance: random.Random) -> str:
    """A value that a link led to, or one of ours in its place: what other people's tasks do is not for a walk."""
    return value if isinstance(value, str) and value in known else chance.choice(list(known))


def _names(operation: Operation) -> list[str]:
    return re.findall(r"\{([^}]+)\}", operation.path)


def _case(
    operation: Operation, values: Mapping[str, str], body: Any, known: Mapping[str, Sequence[str]], about: str
) -> Case:
    path = re.sub(r"\{([^}]+)\}", lambda found: quote(values[found[1]], safe=""), operation.path)
    query = "&".join(
        f"{name.removeprefix('query.')}={quote(options[0], safe='')}"
        for name, options in known.items()
        if name.startswith("query.") and operation.method == "GET"
    )
    return Case(
        number=0,
        operation=operation.id,
        method=operation.method,
        target=f"{path}?{query}" if query else path,
        body=json.dumps(body).encode() if operation.takes_body else None,
        media_type="application/json" if operation.takes_body else None,
        valid=True,
        phase="walk",
        about=about,
    )


def _value(expression: str, exchange: Exchange, values: Mapping[str, str], chance: random.Random) -> Any:
    """What a runtime expression means after an exchange; of an array, where it says the first, any element will do."""
    if expression.startswith("$request.path."):
        return values.get(expression.removeprefix("$request.path."))
    if not expression.startswith("$response.body#/") or exchange.response is None:
        return None
    try:
        value = parse_json(exchange.response.body)
    except BadJson:
        return None
    for part in expression.removeprefix("$response.body#/").split("/"):
        if isinstance(value, list) and value:
            value = chance.choice(value)
        elif isinstance(value, dict):
            value = value.get(unquote(part))
        else:
            return None
    return value
