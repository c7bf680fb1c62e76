"""A lost phone: the wallet that was bound to a person is a stranger from now on, and a new code is for the next one.

What the old wallet holds stays on it. Its badges end one by one, as each is issued anew to the next wallet's key.
"""

from dataclasses import dataclass

from node.clock import Clock
from node.errors import NotFound
from node.services.identity import Identity
from node.services.learners import Enrolment, Learners
from node.services.mailbox import Mailbox
from node.services.one_time_codes import new_code
from node.services.reissuing import Reissuing
from node.storage.repos import known_dids, outbox, threads
from node.storage.repos import learners as rows
from node.storage.unit import Session, UnitOfWork


@dataclass(frozen=True, slots=True)
class Rebinding:
    storage: UnitOfWork
    identity: Identity
    learners: Learners
    mailbox: Mailbox
    reissuing: Reissuing
    clock: Clock

    async def rebind(self, learner_id: str) -> Enrolment:
        """Unbinds the person's wallet at once, ends every code they had, and gives them a new one.

        A person who never had a wallet gets another code in the same way.

        Raises:
            NotFound: no such person.
        """
        code = new_code()

        def body(session: Session) -> Enrolment:
            now = self.clock.now()
            row = rows.get(session, learner_id)
            if row is None:
                raise NotFound("no such learner", found=learner_id[:40], expected="the id of a learner")
            if row.did is not None:
                self._forget(session, row.did)
            rows.unbind(session, row)
            rows.end_codes(session, row.id, now=now)
            self.reissuing.take_back(session, row.id)
            return self.learners.invite(session, row, code, now=now)

        return await self.storage.run("learners.rebind", body)

    def _forget(self, session: Session, did: str) -> None:
        """Leaves nothing by which this node would know a wallet, or send it anything."""
        self.mailbox.close(session, did)
        outbox.forget(session, did)
        threads.forget_with(session, self.identity.did, did)
        known_dids.forget(session, did)
