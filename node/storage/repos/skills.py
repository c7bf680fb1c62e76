"""Skills by URI; a file is put in whole, and only what differs is written."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import bindparam, func
from sqlmodel import col, select

from node.storage.statements import table_of
from node.storage.tables.base import MAIN
from node.storage.tables.skills import Skill as Row
from node.storage.unit import Session
from protocols.skills.framework import Skill

_TABLE = table_of(Row)
_INSERT = _TABLE.insert()
_UPDATE = (
    _TABLE.update()
    .where(_TABLE.c.uri == bindparam("its_uri"))
    .values({name: bindparam(name) for name in ("name", "framework", "code", "description", "updated_at")})
)
_AT_ONCE = 500


def put(session: Session, skills: Sequence[Skill], *, now: datetime) -> tuple[int, int]:
    """(added, changed): `skills` stand in the table afterwards; what stood there just so is not touched."""
    known = _known(session, [skill.uri for skill in skills])
    added = [skill for skill in skills if skill.uri not in known]
    changed = [skill for skill in skills if known.get(skill.uri, skill) != skill]
    if added:
        values = [{**asdict(skill), "organisation": MAIN, "updated_at": now} for skill in added]
        session.connection().execute(_INSERT, values)
    if changed:
        values = [{**asdict(skill), "its_uri": skill.uri, "updated_at": now} for skill in changed]
        session.connection().execute(_UPDATE, values)
    return len(added), len(changed)


def all(session: Session) -> tuple[Skill, ...]:
    return tuple(_skill(row) for row in session.exec(select(Row).order_by(col(Row.uri))).all())


def stamp(session: Session) -> tuple[int, datetime | None]:
    """Differs from an earlier one whenever an import changed anything in between."""
    return session.exec(select(func.count(), func.max(Row.updated_at)).select_from(Row)).one()


def _known(session: Session, uris: Sequence[str]) -> dict[str, Skill]:
    known: dict[str, Skill] = {}
    for start in range(0, len(uris), _AT_ONCE):
        rows = session.exec(select(Row).where(col(Row.uri).in_(uris[start : start + _AT_ONCE]))).all()
        known |= {row.uri: _skill(row) for row in rows}
    return known


def _skill(row: Row) -> Skill:
    return Skill(uri=row.uri, name=row.name, framework=row.framework, code=row.code, description=row.description)
