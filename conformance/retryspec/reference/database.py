"""The database behind every API of a reference server: SQLite, in a file that is named or that goes away again.

What a named database acknowledged is there after the process was killed (write-ahead log, synchronous=FULL). A
database without a name lives in a folder of its own for as long as the process does, so it need not be that careful.
"""

import shutil
import sqlite3
import tempfile
import threading
import weakref
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from retryspec.errors import UsageError

__all__ = ["Database"]

_BUSY_SECONDS = 30


class Database:
    """Connections to one SQLite file: each is used by one thread at a time, and kept for the next."""

    def __init__(self, path: Path | None = None) -> None:
        self._durable = path is not None
        self._idle: deque[sqlite3.Connection] = deque()
        # Writers of this process wait for each other here; SQLite would let them sleep and try again.
        self._writing = threading.Lock()
        if path is None:
            folder = tempfile.mkdtemp(prefix="retryspec-")
            self._remove = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
            path = Path(folder) / "reference.sqlite"
        self._path = path
        with self.reading():
            pass  # says at once whether the file can be used

    def create(self, schema: str) -> None:
        """Create the tables of an API where they are not there yet."""
        with self._writing, self.reading() as connection:
            connection.executescript(schema)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give a connection on which each statement is a transaction of its own."""
        connection = self._idle.pop() if self._idle else self._connect()
        try:
            yield connection
        finally:
            if connection.in_transaction:
                connection.close()  # a disk that cannot be written to has kept it from ending
            else:
                self._idle.append(connection)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give a connection in a transaction that excludes every other writer; commit it unless something raises."""
        with self._writing, self.reading() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # SQLite ends it by itself where the disk is full
                    connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Close what no thread uses, and remove the file if it has no name."""
        while self._idle:
            self._idle.pop().close()
        if not self._durable:
            self._remove()

    def _connect(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(
                self._path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(f"PRAGMA synchronous={'FULL' if self._durable else 'OFF'}")
            connection.execute("PRAGMA foreign_keys=ON")
        except sqlite3.Error as error:
            raise UsageError(
                f"{self._path}: not usable as a database ({error}); name a new file, or one that retryspec made"
            ) from error
        return connection
