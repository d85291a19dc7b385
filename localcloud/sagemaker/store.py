"""Documents in SQLite: what the SageMaker understudy remembers.

One table of JSON documents by kind and key. Listing keeps the order of creation.
"""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Doc = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS docs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL, key TEXT NOT NULL, doc TEXT NOT NULL, UNIQUE (kind, key));
CREATE TABLE IF NOT EXISTS counters (
    kind TEXT NOT NULL, key TEXT NOT NULL, value INTEGER NOT NULL, PRIMARY KEY (kind, key));
"""


class Store:
    """A thread-safe document store in one SQLite file (``:memory:`` works for tests).

    ``get`` and ``list`` return fresh copies: changing one changes nothing until it is put back.
    """

    def __init__(self, path: Path | str) -> None:
        if path != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        # A crash may lose the last moments of a local cloud; waiting for the disk is not worth it.
        self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;" + _SCHEMA)

    def close(self) -> None:
        """Close the file; the store cannot be used afterwards."""
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the store for several reads and writes: all of them happen, or none."""
        with self._lock:
            if self._db.in_transaction:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def put(self, kind: str, key: str, doc: Doc) -> None:
        """Create or replace one document; a replaced one keeps its place in the order."""
        text = json.dumps(doc)
        with self._lock:
            self._db.execute(
                "INSERT INTO docs (kind, key, doc) VALUES (?, ?, ?) "
                "ON CONFLICT (kind, key) DO UPDATE SET doc = excluded.doc",
                (kind, key, text),
            )

    def get(self, kind: str, key: str) -> Doc | None:
        """Return one document, or None."""
        with self._lock:
            row = self._db.execute(
                "SELECT doc FROM docs WHERE kind = ? AND key = ?", (kind, key)
            ).fetchone()
        return None if row is None else _loaded(row[0])

    def delete(self, kind: str, key: str) -> bool:
        """Remove one document; tell whether it was there."""
        with self._lock:
            done = self._db.execute("DELETE FROM docs WHERE kind = ? AND key = ?", (kind, key))
            return done.rowcount > 0

    def list(self, kind: str, prefix: str = "") -> list[Doc]:
        """Return the documents of a kind whose key starts with ``prefix``, oldest first."""
        with self._lock:
            rows = self._db.execute(
                "SELECT doc FROM docs WHERE kind = ? AND substr(key, 1, ?) = ? ORDER BY id",
                (kind, len(prefix), prefix),
            ).fetchall()
        return [_loaded(row[0]) for row in rows]

    def update(self, kind: str, key: str, fn: Callable[[Doc], Doc | None]) -> Doc:
        """Change one document in a transaction and return it as stored.

        ``fn`` gets a copy; it changes it in place or returns another. An exception of ``fn`` leaves
        the document as it was. Raises ``KeyError`` when there is none.
        """
        with self.transaction():
            doc = self.get(kind, key)
            if doc is None:
                raise KeyError(f"{kind}/{key}")
            changed = fn(doc)
            stored = doc if changed is None else changed
            self.put(kind, key, stored)
        return stored

    def next_version(self, kind: str, key: str) -> int:
        """Count up and return the next number (1, 2, …) of a name; none is given twice."""
        with self._lock:
            row = self._db.execute(
                "INSERT INTO counters (kind, key, value) VALUES (?, ?, 1) "
                "ON CONFLICT (kind, key) DO UPDATE SET value = value + 1 RETURNING value",
                (kind, key),
            ).fetchone()
        return int(row[0])

    def forget_versions(self, kind: str, key: str) -> None:
        """Let a deleted name count from 1 again when it is made anew."""
        with self._lock:
            self._db.execute("DELETE FROM counters WHERE kind = ? AND key = ?", (kind, key))


def _loaded(text: str) -> Doc:
    doc: Doc = json.loads(text)
    return doc
