"""Statements that the two databases spell alike but SQLAlchemy keeps apart: insert what is new, insert or replace.

They are built once and get their values as parameters: building them anew costs more than the database needs.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import Insert
from sqlmodel import Session

from node.storage.tables.base import METADATA, Row


def table_of(model: type[Row]) -> Table:
    """The table of a row class, for statements without the ORM: the hot path."""
    return METADATA.tables[model.__tablename__]


def insert_row(session: Session, model: type[Row], values: Mapping[str, Any]) -> None:
    """Inserts one row; `values` has every column that may not be null."""
    session.connection().execute(_insert(table_of(model)), values)


def insert_new(session: Session, model: type[Row], values: Mapping[str, Any]) -> bool:
    """Inserts one row; False, and nothing done, where one of its unique values stands already."""
    return session.connection().execute(_insert_new(table_of(model), _dialect(session)), values).rowcount == 1


def upsert(session: Session, model: type[Row], values: Mapping[str, Any]) -> None:
    """Inserts one row, or replaces the other values of the one with the same primary key."""
    session.connection().execute(_upsert(table_of(model), _dialect(session), tuple(values)), values)


@cache
def _insert(table: Table) -> Insert:
    return table.insert()


@cache
def _insert_new(table: Table, dialect: str) -> Insert:
    return _insert_for(table, dialect).on_conflict_do_nothing()


@cache
def _upsert(table: Table, dialect: str, names: tuple[str, ...]) -> Insert:
    statement, keys = _insert_for(table, dialect), [column.name for column in table.primary_key]
    changed = {name: statement.excluded[name] for name in names if name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=changed)


def _insert_for(table: Table, dialect: str) -> postgresql.Insert | sqlite.Insert:
    return (postgresql.insert if dialect == "postgresql" else sqlite.insert)(table)


def _dialect(session: Session) -> str:
    return session.get_bind().dialect.name
