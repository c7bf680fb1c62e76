"""Every table of this node, one file a subject; importing this package fills `METADATA`.

Rows refer to each other by id without foreign keys, except where the database itself must keep two rows together:
what one service deletes on its day may be mentioned by another's history.
"""

from node.storage.tables import (
    apps,
    credentials,
    exchange,
    federation,
    held,
    history,
    identity,
    issuance_log,
    jobs,
    learners,
    messages,
    skills,
    status,
    trust_marks,
)
from node.storage.tables.base import MAIN, METADATA, Json, Row

__all__ = [
    "MAIN",
    "METADATA",
    "Json",
    "Row",
    "apps",
    "credentials",
    "exchange",
    "federation",
    "held",
    "history",
    "identity",
    "issuance_log",
    "jobs",
    "learners",
    "messages",
    "skills",
    "status",
    "trust_marks",
]
