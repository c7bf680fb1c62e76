"""What every table has in common: its name, its constraint names, and how JSON is stored.

Times are `datetime`: SQLModel stores them as aware UTC and refuses naive ones. A JSON value that is changed in place
is not saved: assign a new one.
"""

import re
from typing import Any

from sqlalchemy import JSON
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.orm import declared_attr
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import SQLModel

MAIN = "main"
"""The id of the one organisation that a node hosts until there are two."""

METADATA = SQLModel.metadata
METADATA.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Json(TypeDecorator[Any]):
    """A JSON value. Python's None is SQL NULL.

    Type JSON on PostgreSQL too, not JSONB, which reorders members, rewrites numbers and refuses the character U+0000:
    a document that someone signed comes back as it was.
    """

    impl = JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(JSON(none_as_null=True))


class Row(SQLModel):
    """A table's base: `class OutboxMessage(Row, table=True)` is the table `outbox_message`."""

    @declared_attr.directive
    def __tablename__(cls) -> str:  # noqa: N805 # pyright: ignore[reportIncompatibleVariableOverride]
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
