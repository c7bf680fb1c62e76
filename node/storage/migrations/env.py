"""Alembic's way in: it runs in a transaction that was opened elsewhere (see the package)."""

from typing import Any, Literal

from alembic import context
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from node.storage.tables import METADATA, Json

PLAIN: dict[type, str] = {Json: "sa.JSON()", AutoString: "sa.String()", UTCDateTime: "sa.DateTime(timezone=True)"}


def render_item(kind: str, item: Any, _: object) -> str | Literal[False]:
    """A revision says what is stored, in SQLAlchemy's own words: our types may change, it may not."""
    return PLAIN.get(item.__class__, False) if kind == "type" else False


context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA, render_item=render_item)
with context.begin_transaction():
    context.run_migrations()
