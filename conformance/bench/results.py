"""The figures: a JSON file that pieces are merged into, and the Markdown that is made of it."""

import json
import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

__all__ = ["FOLDER", "Results"]

FOLDER = Path(__file__).parent


class Results:
    """`results.json`, written after every figure."""

    def __init__(self, path: Path = FOLDER / "results.json") -> None:
        self._path = path
        self.content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}

    def piece(self, name: str, *, anew: bool) -> dict[str, Any]:
        """What is measured already of a piece, to be added to."""
        found = {} if anew else self.content.get(name, {})
        found["measured"] = datetime.now(UTC).strftime("%Y-%m-%d")
        found["machine"] = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
        self.content[name] = found
        return self.content[name]  # type: ignore[no-any-return]  # JSON

    def save(self) -> None:
        """Write the file."""
        self._path.write_text(json.dumps(self.content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
