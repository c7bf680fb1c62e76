"""How values lie in columns: times as whole seconds, JSON as text."""

import json
import sqlite3
from datetime import UTC, datetime
from typing import Any

from protocols.jose.encoding import canonical_json


def seconds(at: datetime) -> int:
    return int(at.timestamp())


def moment(value: int) -> datetime:
    return datetime.fromtimestamp(value, UTC)


def dumped(value: Any) -> str:
    return canonical_json(value).decode()


def loaded(text: str) -> Any:
    return json.loads(text)


def fields(row: sqlite3.Row, **changed: Any) -> dict[str, Any]:
    """The columns of a row by name, some exchanged for what they stand for."""
    return {**dict(row), **changed}
