"""From an institution's link and code to a mailbox there."""

from dataclasses import dataclass

from node.demo.wallet import identities, links
from node.demo.wallet.clock import Clock, context
from node.demo.wallet.documents import Documents
from node.demo.wallet.errors import Refused, WalletError
from node.demo.wallet.packing import Packing
from node.demo.wallet.rows import messages, relations
from node.demo.wallet.rows.relations import Relation
from node.demo.wallet.sealing import Seal
from node.demo.wallet.storage import Store
from node.demo.wallet.transport import Transport
from protocols.flow import Send
from protocols.flows.enrolment import FLOW
from protocols.flows.enrolment.messages import Enrol, code_hash


@dataclass(frozen=True, slots=True)
class Enrolment:
    store: Store
    seal: Seal
    packing: Packing
    documents: Documents
    transport: Transport
    clock: Clock

    async def begin(self, link: str, code: str) -> str:
        """Asks the institution behind `link` to bind this wallet by `code`; its DID.

        The same link and code once more change nothing. Another code is another try, by the same DID of ours, as long
        as the institution has not said yes.

        Raises:
            Refused: not a link to enrol by.
            Unreachable: the link does not open.
        """
        invitation = await links.fetch(self.transport, link, goal=links.ENROL)
        document = await self.documents.of(invitation.sender)
        now = self.clock.now()
        with self.store.step("enrolment.asked") as db:
            known = relations.relation(db, invitation.sender)
            if known is not None and (known.state not in (relations.ASKED, relations.REFUSED)):
                return invitation.sender
            hash = code_hash(code)
            if known is not None and known.code_hash == hash and known.state == relations.ASKED:
                return invitation.sender
            if known is None:
                mediation = identities.new_peer(db, self.seal, mediator=invitation.sender)
                relations.add_relation(db, invitation.sender, mediation, hash, now=now)
            else:
                mediation = known.mediation
                messages.done_with(db, invitation.sender)
                relations.set_relation(db, invitation.sender, relations.ASKED, code_hash=hash, problem=None)
            step = FLOW.advance(None, Enrol(code=code, ours=mediation, theirs=invitation.sender), context(now))
            if step.thread is not None:
                messages.keep_thread(db, step.thread)
            for effect in step.effects:
                if isinstance(effect, Send):
                    self.packing.send(db, effect.message, document, wants_reply=True, now=now)
        return invitation.sender

    def outcome(self, institution: str) -> Relation:
        """The relation once it is ready.

        Raises:
            Refused: the institution said no, or nothing, to this code.
        """
        with self.store.read() as db:
            relation = relations.relation(db, institution)
        if relation is None:
            raise WalletError("nothing was asked of this institution")
        if relation.state == relations.READY:
            return relation
        if relation.state == relations.REFUSED:
            raise Refused(f"the institution did not accept this: {relation.problem}")
        if relation.state == relations.ASKED:
            raise Refused("the institution did not answer to this code", expected="the code as it was given, once")
        raise WalletError("the enrolment is not finished", found=relation.state, expected="run it again")
