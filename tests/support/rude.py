"""A wallet whose owner changed its program: it sends what no honest wallet would, with the learner's own keys.

draft = drafted(learner, request)             # everything an honest wallet would send, as values
draft.record = replace(draft.record, …)       # what a test exchanges for something wrong
await draft.sent()                            # sealed, relayed; `draft.answer()` is what the exit said
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from node.clock import entropy, new_id
from node.demo.wallet import identities
from node.demo.wallet.packing import Packing
from node.demo.wallet.rows import askers, messages, relations
from node.demo.wallet.views import RequestView, view
from protocols.consent.check_disclosed import issuer_of
from protocols.consent.digests import credential_digest, new_salt, payload_hash, salted_digest
from protocols.consent.presentation import Disclosure, RecordSalts, presentation
from protocols.consent.record import (
    ConsentRecord,
    ConsentType,
    Requester,
    Retention,
    SharedRecord,
    record_hash,
    sign_record,
)
from protocols.consent.relay import Middle, Present
from protocols.consent.use import Use, sign_use
from protocols.credentials.proofs import add_proof
from protocols.flows.present_proof.messages import Present as PresentCommand
from protocols.flows.present_proof.messages import presentation as presentation_message
from protocols.jose.encoding import JsonObject, digest
from protocols.requests.request import request_hash
from tests.support.learners import Learner
from tests.support.nodes import wait_until

SUITE = "eddsa-jcs-2022"


@dataclass(slots=True, kw_only=True)
class Draft:
    """An answer to a request before it is sealed. What is None is made from the rest, honestly, by `seal`."""

    learner: Learner
    view: RequestView
    now: datetime
    record: ConsentRecord
    presentation: JsonObject
    salts: Sequence[RecordSalts]
    record_jws: str | None = None
    use_jws: str | None = None
    inner: JsonObject | None = None
    payload_hash: str | None = None
    request_jws: str | None = None
    about: str = field(default="", init=False)

    @property
    def request(self) -> str:
        return self.request_jws or self.view.asked.jws

    async def seal(self) -> Present:
        """What is said, signed; `inner` holds the sealed part."""
        wallet, asker = self.learner.wallet, self.view.asker
        document = await wallet.sharing.documents.of(asker.asker)
        with wallet.store.step("test.seal") as db:
            signer = identities.signer(db, wallet.sharing.seal, asker.subject)
            if self.inner is None:
                command = PresentCommand(
                    presentation=self.presentation, disclosure=Disclosure(salts=tuple(self.salts)).to_json()
                )
                message = presentation_message(
                    command,
                    thread_id=self.view.asked.thread,
                    ours=asker.subject,
                    theirs=asker.asker,
                    id=new_id(),
                    now=self.now,
                )
                self.inner = Packing(wallet.sharing.seal).to_asker(db, message, document)
            if self.record_jws is None:
                self.record_jws = sign_record(self.record, signer)
            if self.use_jws is None:
                use = Use(
                    id=new_id(),
                    record_hash=record_hash(self.record_jws),
                    request_hash=request_hash(self.request),
                    payload_hash=self.payload_hash or payload_hash(self.inner),
                    issued_at=self.now,
                )
                self.use_jws = sign_use(use, signer)
        self.learner.hashes.append(record_hash(self.record_jws))
        return Present(request=self.request, record=self.record_jws, use=self.use_jws)

    async def packed(self, said: Any = None) -> str:
        """Seals, and puts the message to the entry among what the wallet is to post; its id."""
        said = said or await self.seal()
        wallet, asker = self.learner.wallet, self.view.asker
        documents = {did: await wallet.sharing.documents.of(did) for did in (asker.entry, asker.exit)}
        with wallet.store.step("test.relay") as db:
            relation = relations.relation(db, asker.entry)
            assert relation is not None
            packing = Packing(wallet.sharing.seal)
            message = packing.relay(
                db,
                Middle(next=asker.asker, said=said),
                self.inner,
                asker=asker,
                relation=relation,
                documents=documents,
                now=self.now,
            )
            self.about = digest(said.use.encode("ascii")) if isinstance(said, Present) else message
            known = messages.sent(db, subject=asker.subject, about=self.about)
            if known is None:
                messages.add_sent(db, self.about, message, asker.subject, "present", new_id(), self.now)
        return message

    async def sent(self) -> "Draft":
        """Sealed and on its way."""
        await self.packed()
        await self.learner.wallet.work()
        return self

    async def answer(self) -> tuple[str, dict[str, str]]:
        """The exit's answer, once it came: delivered or refused, and {name: reason} of the refusals."""

        async def look() -> tuple[str, dict[str, str]] | None:
            await self.learner.sync()
            with self.learner.wallet.store.read() as db:
                found = messages.sent(db, subject=self.view.asker.subject, about=self.about)
            if found is None or found.state not in ("delivered", "refused"):
                return None
            return found.state, {refusal["name"]: refusal["reason"] for refusal in found.refusals}

        return await wait_until("the exit's answer", look)


def drafted(learner: Learner, request: str, *credentials: JsonObject) -> Draft:
    """An honest answer to a request, with these credentials or those that answer it."""
    wallet = learner.wallet
    now = wallet.clock.now().replace(microsecond=0)
    with wallet.store.step("test.draft") as db:
        found = view(db, request, now=now)
        shared = credentials or tuple(item.held.document for item in found.items if item.held is not None)
        salts = tuple(RecordSalts(issuer=new_salt(entropy), credential=new_salt(entropy)) for _ in shared)
        records = tuple(
            SharedRecord(
                type="OpenBadgeCredential",
                issuer_digest=salted_digest(salt.issuer, issuer_of(credential) or ""),
                credential_hash=salted_digest(salt.credential, credential_digest(credential)),
            )
            for credential, salt in zip(shared, salts, strict=True)
        )
        return Draft(
            learner=learner,
            view=found,
            now=now,
            salts=salts,
            record=_record(found, records, now),
            presentation=signed_presentation(learner, db, found, shared, now),
        )


def signed_presentation(
    learner: Learner,
    db: sqlite3.Connection,
    found: RequestView,
    credentials: Sequence[JsonObject],
    now: datetime,
    **changes: Any,
) -> JsonObject:
    """The presentation of `credentials` in answer to a request, by the learner's holder key."""
    holder = identities.holder(db, learner.wallet.sharing.seal)
    unsigned = presentation(credentials, holder=identities.did_of_kid(holder.kid), shared_as=found.asker.subject)
    options = {"challenge": request_hash(found.asked.jws), "domain": found.asker.asker, **changes}
    return add_proof(unsigned, suite=SUITE, signer=holder, purpose="authentication", created=now, **options)


def asker_of(learner: Learner, request: str) -> askers.Asker:
    with learner.wallet.store.read() as db:
        return view(db, request, now=learner.wallet.clock.now()).asker


def _record(found: RequestView, records: Sequence[SharedRecord], now: datetime) -> ConsentRecord:
    request, requester = found.request, found.requester
    return ConsentRecord(
        id=new_id(),
        type=ConsentType.ONCE,
        issued_at=now,
        subject=found.asker.subject,
        actor=found.asker.subject,
        requester=Requester(did=requester.did, name=requester.name or "", trust_hash=requester.trust_hash or ""),
        records=tuple(records),
        purpose=request.purpose,
        retention=Retention(days=request.retention_days, until=now + timedelta(days=request.retention_days)),
        redisclosure=request.redisclosure,
        not_before=now,
        not_after=min(request.expires_at, now + timedelta(days=6)),
        ui_hash=digest(b"a screen that nobody saw"),
    )
