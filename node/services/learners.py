"""The people an institution knows, and the one-time codes that bind a wallet to them.

The binding is as sure as the way the code reached the person: `assurance` says which way that was.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from node.clock import Clock, new_id
from node.errors import Conflict, NotFound
from node.services.invitations import Goal, Invitations
from node.services.one_time_codes import new_code
from node.services.performers import Unit
from node.storage.repos import federation
from node.storage.repos import learners as rows
from node.storage.unit import Session, UnitOfWork
from protocols.errors import Unauthorized
from protocols.flows.enrolment.messages import code_hash

CODE_LIVES_FOR = timedelta(days=14)
ASSURANCE = "one-time-code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A learner as operators see one; `enrolled` once a wallet is bound."""

    id: str
    name: str
    reference: str
    enrolled: bool
    suspended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """A person and how their wallet can be bound; the code is shown once and stored as its hash."""

    person: Person
    code: str
    link: str


@dataclass(slots=True)
class Learners:
    """`on_bound` is called in the transaction that binds a wallet: what waits for the person can go out."""

    storage: UnitOfWork
    invitations: Invitations
    clock: Clock
    on_bound: Callable[[Unit, str], None] = field(default=lambda unit, learner_id: None)

    async def enrol(self, name: str, reference: str) -> Enrolment:
        """Makes a person known and gives them a code.

        Raises:
            Conflict: somebody has that reference already.
        """
        code = new_code()

        def body(session: Session) -> Enrolment:
            now = self.clock.now()
            if rows.by_reference(session, reference) is not None:
                raise Conflict("a learner with this reference is known already", expected="another reference")
            row = rows.add(session, new_id(), name, reference, now=now)
            return self.invite(session, row, code, now=now)

        return await self.storage.run("learners.enrol", body)

    def invite(self, session: Session, row: rows.Learner, code: str, *, now: datetime) -> Enrolment:
        """Makes `code`, a new one, open an enrolment for the person, and a link where a wallet can use it."""
        expires_at = now + CODE_LIVES_FOR
        rows.add_code(session, code_hash(code), row.id, now=now, expires_at=expires_at)
        invitation = self.invitations.publish(
            session,
            Goal.ENROL,
            "Have the one-time code at hand that you were given.",
            payload={},
            expires_at=expires_at,
        )
        return Enrolment(person=_person(row), code=code, link=self.invitations.link(invitation))

    async def list(self, *, limit: int, after: str | None) -> Sequence[Person]:
        """Persons in the order they were made known, from the one after id `after`."""

        def body(session: Session) -> Sequence[Person]:
            return [_person(row) for row in rows.page(session, limit=limit, after=after)]

        return await self.storage.read(body)

    async def set_suspended(self, learner_id: str, suspended: bool) -> Person:
        """Whether this node relays and keeps mail for a person for now; what they hold on their phone stays theirs.

        Raises:
            NotFound: no such person.
        """

        def body(session: Session) -> Person:
            row = rows.get(session, learner_id)
            if row is None:
                raise NotFound("no such learner", found=learner_id[:40], expected="the id of a learner")
            rows.set_suspended(session, row, suspended)
            return _person(row)

        return await self.storage.run("learners.suspend", body)

    def is_enrolled(self, session: Session, did: str) -> bool:
        """Whether `did` is a wallet bound to a person who is not suspended."""
        learner = rows.by_did(session, did)
        return learner is not None and not learner.suspended

    def code_fact(self, session: Session, hash: str) -> dict[str, Any]:
        """What the enrolment flow reads as its fact `code`."""
        found = rows.code(session, hash)
        if found is None:
            return {"state": "unknown", "bound_to": None}
        code, learner = found
        state = "used" if code.used_at else "expired" if code.expires_at <= self.clock.now() else "valid"
        return {
            "state": state,
            "bound_to": learner.did if code.used_at else None,
            "learner": learner.id,
            "reference": learner.reference,
            "assurance": ASSURANCE,
            "anchors": federation.anchors(session),
        }

    def bind(self, unit: Unit, learner_id: str, did: str, hash: str) -> None:
        """Binds `did` and uses the code up; of two that race, the second finds it used."""
        if not rows.use_code(unit.session, hash, now=unit.now):
            raise Unauthorized("this code does not open an enrolment", expected="an unused code that is not too old")
        if rows.by_did(unit.session, did) is not None:
            raise Unauthorized("this wallet is bound to a person already", expected="a DID of its own for each person")
        rows.bind(unit.session, learner_id, did, ASSURANCE)
        self.on_bound(unit, learner_id)


def _person(row: rows.Learner) -> Person:
    return Person(
        id=row.id,
        name=row.name,
        reference=row.reference,
        enrolled=row.did is not None,
        suspended=row.suspended,
    )
