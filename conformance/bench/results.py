"""The figures: a JSON file that pieces are merged into, and the Markdown that is made of it."""

import fcntl
import json
import os
import platform
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

__all__ = ["FOLDER", "Results"]

FOLDER = Path(__file__).parent


class Results:
    """`results.json`, written after every figure."""

    def __init__(self, path: Path = FOLDER / "results.json") -> None:
        self._path = path
        self._measured: set[str] = set()
        self.content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}

    def piece(self, name: str, *, anew: bool) -> dict[str, Any]:
        """What is measured already of a piece, to be added to."""
        found: dict[str, Any] = {} if anew else self.content.get(name, {})
        found["measured"] = datetime.now(UTC).strftime("%Y-%m-%d")
        found["machine"] = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
        found["load"] = round(os.getloadavg()[0], 1)
        self.content[name] = found
        self._measured.add(name)
        return found

    def save(self) -> None:
        """Write the pieces that this process measures; others may measure others meanwhile."""
        with (Path(tempfile.gettempdir()) / "retryspec-bench.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            kept = json.loads(self._path.read_text(encoding="utf-8")) if self._path.is_file() else {}
            self.content = {**kept, **{name: self.content[name] for name in self._measured}}
            whole = self._path.with_suffix(".json.new")
            whole.write_text(json.dumps(self.content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
            whole.replace(self._path)
