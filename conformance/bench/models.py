"""Validations per second: the generated models beside two validators of JSON Schema, on pages of tasks."""

import json
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from retryspec.documents import load_document

from bench.results import Results

__all__ = ["measure"]

SIZES = (1, 100, 500)
SECONDS = 1.0


def measure(results: Results, *, anew: bool) -> None:
    """Validate pages of SLS tasks, each way for a second."""
    import jsonschema
    import jsonschema_rs
    from retryspec_models.sls import ShipperTaskPage

    found = results.piece("models", anew=anew)
    schema = {**load_document("sls").content, "$ref": "#/components/schemas/ShipperTaskPage"}
    rust, python = jsonschema_rs.Draft202012Validator(schema), jsonschema.Draft202012Validator(schema)
    for size in SIZES:
        text = json.dumps(_page(size))
        ways: dict[str, Callable[[], object]] = {
            "generated models, from text": partial(ShipperTaskPage.model_validate_json, text),
            "jsonschema-rs, from text": partial(_parsed_and, rust.validate, text),
            "jsonschema, from text": partial(_parsed_and, python.validate, text),
        }
        for name, way in ways.items():
            found[f"{name}, {size} tasks"] = _rate(way)
            results.save()


def _parsed_and(validate: Callable[[object], object], text: str) -> object:
    return validate(json.loads(text))


def _page(size: int) -> dict[str, Any]:
    task = {
        "id": "5b8ad7e2c1f04ab3966b5e4f2c0d1a7e", "taskStatus": "success", "taskMessage": "",
        "taskCreateTime": 1448925013, "taskLastDataReceiveTime": 1448915013, "taskFinishTime": 1448926013,
    }  # fmt: skip
    statistics = {"running": 0, "success": size, "fail": 0}
    return {"count": size, "total": size, "statistics": statistics, "tasks": [task] * size}


def _rate(way: Callable[[], object]) -> int:
    way()
    started, times = time.perf_counter(), 0
    while (passed := time.perf_counter() - started) < SECONDS:
        way()
        times += 1
    return round(times / passed)


def table(found: dict[str, Any]) -> Sequence[str]:
    """The figures as a table."""
    lines = ["| way | " + " | ".join(f"{size} tasks" for size in SIZES) + " |", "|---|" + "---|" * len(SIZES)]
    for name in ("generated models", "jsonschema-rs", "jsonschema"):
        rates = [found.get(f"{name}, from text, {size} tasks", "-") for size in SIZES]
        lines.append(f"| {name} | " + " | ".join(f"{rate} /s" for rate in rates) + " |")
    return lines
