"""Skills of published frameworks, as imported: what people search when they choose what to ask for or to award."""

from datetime import datetime

from sqlmodel import Field

from node.storage.tables.base import MAIN, Row


class Skill(Row, table=True):
    """An item of a framework; `uri` is the framework's own and its identity."""

    uri: str = Field(primary_key=True)
    organisation: str = MAIN
    name: str
    framework: str = Field(index=True)
    code: str | None = None
    description: str | None = None
    updated_at: datetime = Field(index=True)
