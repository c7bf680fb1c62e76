"""Reading a database for traces: every cell of every table, whatever its type."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from node.demo.knowledge import Trace, column_bytes, only_value, own_kids, shortened, traces


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "node.sqlite3"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(
            """
            CREATE TABLE peer (did TEXT);
            CREATE TABLE mail (id INTEGER, text TEXT, blob BLOB, number INTEGER);
            CREATE TABLE key (kid TEXT);
            INSERT INTO peer VALUES ('did:web:asker');
            INSERT INTO mail VALUES (1, 'about did:web:asker', NULL, 1), (2, NULL, NULL, 20417);
            INSERT INTO mail VALUES (3, NULL, CAST('x did:web:asker x' AS BLOB), 2), (4, 'é', x'0102', 3);
            INSERT INTO key VALUES ('did:web:me#1'), ('did:web:me#2');
            """
        )
    return path


def test_a_trace_is_found_in_text_bytes_and_numbers_and_a_row_counts_once(database: Path) -> None:
    assert traces(database, ["did:web:asker"]) == Trace(rows={"mail": 2})
    assert traces(database, ["asker", "20417", "about"]) == Trace(rows={"mail": 3})
    assert str(traces(database, ["asker"])) == "2 in mail"


def test_the_directory_that_everybody_has_is_left_out_unless_asked_for(database: Path) -> None:
    assert traces(database, ["did:web:asker"], but_directory=False) == Trace(rows={"peer": 1, "mail": 2})


def test_nothing_is_found_of_who_is_not_there_or_has_no_name(database: Path) -> None:
    nobody = traces(database, ["did:web:nobody", ""])
    assert (nobody.count, str(nobody)) == (0, "no row")


def test_keys_values_and_sizes_are_read(database: Path) -> None:
    assert own_kids(database) == {"did:web:me#1", "did:web:me#2"}
    assert only_value(database, "peer", "did") == "did:web:asker"
    assert column_bytes(database, "mail", "text", "blob") == {"text": 2, "blob": 2}


def test_a_long_did_is_shortened_in_the_middle() -> None:
    assert shortened("did:web:short") == "did:web:short"
    assert shortened("did:peer:4zQm" + "a" * 60 + "END123") == "did:peer:4zQmaaaaaaaaaaa…END123"
