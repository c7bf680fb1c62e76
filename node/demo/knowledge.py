"""What a node could know: read from its database, row by row, as whoever has the machine could.

Not by the queries that the node makes: every cell of every table is looked at, so a trace that was not meant to be
left would show.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

DIRECTORY = frozenset(
    {"peer", "network_config", "member_event", "log_head", "log_cosignature", "peer_mark", "succession"}
)
"""Tables of the synced directory, and of who witnesses whose log: public, the same for all, no word of what they do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Rows that mention something, by table."""

    rows: dict[str, int]

    @property
    def count(self) -> int:
        return sum(self.rows.values())

    def __str__(self) -> str:
        if not self.rows:
            return "no row"
        return ", ".join(f"{count} in {table}" for table, count in self.rows.items())


def traces(database: Path, needles: Sequence[str], *, but_directory: bool = True) -> Trace:
    """Where any of `needles` stands in the database at `database`, whatever the column.

    Args:
        but_directory: leave the synced directory out.
    """
    wanted = [needle.encode() for needle in needles if needle]
    found: dict[str, int] = {}
    for table, row in _rows(database):
        if but_directory and table in DIRECTORY:
            continue
        if any(needle in cell for cell in row for needle in wanted):
            found[table] = found.get(table, 0) + 1
    return Trace(rows=found)


def own_kids(database: Path) -> frozenset[str]:
    """The ids of every key that the node has."""
    with closing(_open(database)) as connection:
        return frozenset(kid for (kid,) in connection.execute("SELECT kid FROM key"))


def only_value(database: Path, table: str, column: str) -> str:
    """What stands in `column` of the first row of `table`."""
    with closing(_open(database)) as connection:
        return connection.execute(f'SELECT "{column}" FROM "{table}" LIMIT 1').fetchone()[0]  # noqa: S608 # our names


def column_bytes(database: Path, table: str, *columns: str) -> dict[str, int]:
    """How many bytes stand in each of `columns` of the newest row of `table`."""
    lengths = ", ".join(f'length(CAST("{column}" AS BLOB))' for column in columns)
    with closing(_open(database)) as connection:
        row = connection.execute(f'SELECT {lengths} FROM "{table}" ORDER BY id DESC').fetchone()  # noqa: S608 # our names
    return dict(zip(columns, row, strict=True))


def shortened(did: str) -> str:
    """A DID for a line of text."""
    return did if len(did) <= 40 else f"{did[:24]}…{did[-6:]}"


def _rows(database: Path) -> Iterator[tuple[str, list[bytes]]]:
    with closing(_open(database)) as connection:
        tables = [
            name
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if not name.startswith("sqlite_")
        ]
        for table in tables:
            for row in connection.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 # names from the schema itself
                yield table, [cell if isinstance(cell, bytes) else str(cell).encode() for cell in row]


def _open(database: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{database}?mode=ro", uri=True)
