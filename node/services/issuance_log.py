"""Our own issuance log: what we sign goes in, heads of it go to witnesses, and the proof of its date to each learner.

add        in the transaction that stores a credential: a leaf, without a place yet
seal       the job `issuance_log.seal`: what waits is mixed with dummies and placed, witnesses are shown a head over it
cosigned   a witness saw it; once enough did, every learner under that head gets the proof for their credential

A head says how many leaves there are, so leaves are made up until their number says nothing about how many
credentials were issued.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Lock

from node.clock import Clock, entropy, new_id
from node.errors import BadInput, Conflict, NotFound
from node.log import Log
from node.services.directory import Directory, Member
from node.services.entity_configuration import OwnConfiguration
from node.services.flows import FlowRunner
from node.services.identity import Identity
from node.services.performers import Unit
from node.storage.repos import federation, issuance, learners
from node.storage.repos import issuance_log as rows
from node.storage.unit import Session, UnitOfWork
from protocols.errors import Unauthorized
from protocols.flows.log_witness.messages import PIURI, ShowHead, TellDate
from protocols.jose.encoding import JsonObject, b64url_decode, b64url_encode
from protocols.trust.issuance_log.attested import is_enough
from protocols.trust.issuance_log.head import parse_cosignature, path_json, sign_head
from protocols.trust.issuance_log.inclusion import MAX_COSIGNATURES, SALT_BYTES, leaf_of, proof_json
from protocols.trust.issuance_log.merkle import HASH_BYTES, Tree
from protocols.trust.refusal import StatementRefused

WITNESSES = 5
"""How many members are asked to witness; two are needed."""
MAX_AT_ONCE = 4096
LEAST_LEAVES = 16
SHOWN_FOR = timedelta(hours=2)
"""How far the time in a cosignature may be from ours and from its head's, too."""


@dataclass(slots=True)
class IssuanceLog:
    """The log of this node. One replica seals at a time; each follows the table with a tree of its own.

    The tree is shared by all transactions, those that are never committed included; see `_current`.
    """

    storage: UnitOfWork
    identity: Identity
    configuration: OwnConfiguration
    directory: Directory
    flows: FlowRunner
    clock: Clock
    log: Log
    _tree: Tree = field(default_factory=Tree, init=False)
    _growing: Lock = field(default_factory=Lock, init=False)

    @property
    def entity_id(self) -> str:
        return self.configuration.entity_id

    def add(self, session: Session, credential_id: str | None, digest: str, *, now: datetime) -> None:
        """Commits to something that we signed; it is in the log from the next head on.

        Args:
            credential_id: of the award, whose learner is told the date; None where it is no credential.
            digest: as `ProofResult.digest`.
        """
        self._add(session, credential_id, b64url_decode(digest), now)

    def proof_of(self, session: Session, digest: str) -> JsonObject | None:
        """The issuance proof of what has this digest, under the first head that enough have seen; None before that."""
        leaf, network = rows.leaf_of(session, digest), federation.network(session)
        if leaf is None or leaf.position is None or network is None:
            return None
        for head in rows.heads(session, self.entity_id, after=leaf.position, limit=MAX_AT_ONCE):
            signed = rows.cosignatures(session, self.entity_id, head.size)
            if is_enough({each.witness for each in signed}, issuer=self.entity_id, anchor=network.anchor):
                return self._proof(session, leaf, head, [each.token for each in signed])
        return None

    async def date_of(self, credential_id: str) -> JsonObject:
        """The issuance proof of a credential of ours, for whoever lost it.

        Raises:
            NotFound: no such credential, or it was not signed yet.
            Conflict: too few have seen it so far.
        """

        def body(session: Session) -> JsonObject | None:
            leaf = rows.leaf_of_credential(session, credential_id)
            if leaf is None:
                raise NotFound("no such credential in the issuance log", found=credential_id[:40])
            return self.proof_of(session, leaf.digest)

        proof = await self.storage.read(body)
        if proof is None:
            raise Conflict("others have not seen this yet", expected="a head of the log that two members signed")
        return proof

    async def seal(self) -> None:
        """The job `issuance_log.seal`: heads over all that waits; if nothing does, the last again to who missed it."""

        def body(session: Session) -> bool:
            now = self.clock.now()
            waiting = rows.waiting_leaves(session, limit=MAX_AT_ONCE)
            if waiting:
                self._seal(session, list(waiting), now)
            head = rows.last_head(session, self.entity_id)
            if head is not None:
                self._show(Unit(session=session, now=now, ours=self.identity.did), head)
            return len(waiting) == MAX_AT_ONCE

        while await self.storage.run("issuance_log.seal", body):
            pass

    def cosigned(self, unit: Unit, witness: str, token: str) -> None:
        """A witness's cosignature came; what it completes is told to the learners.

        Only what verifiers will count is taken: whatever else stood among them would make us believe that it is enough.

        Raises:
            Unauthorized: not from a member in good standing.
            StatementRefused: not of a head of ours, not by the member that sent it, or dated at another time.
        """
        member, cosignature = self._member(unit, witness), parse_cosignature(token)
        head = rows.head(unit.session, self.entity_id, cosignature.size)
        if cosignature.log != self.entity_id or head is None or head.root != b64url_encode(cosignature.root):
            raise StatementRefused("a cosignature of another head", rule="cosignature_of_another", expected="ours")
        if cosignature.by != member.entity_id:
            raise StatementRefused("a cosignature of another witness", rule="iss_sub_mismatch", found=cosignature.by)
        if not head.signed_at - SHOWN_FOR <= cosignature.at <= unit.now + SHOWN_FOR:
            raise StatementRefused(
                "a cosignature of another time", rule="cosignature_time", found=cosignature.at.isoformat()
            )
        cosignature.verify_with({kid: key for kid, (key, until) in member.federation_keys.items() if until is None})
        if len(rows.cosignatures(unit.session, self.entity_id, head.size)) >= MAX_COSIGNATURES:
            return
        rows.add_cosignature(
            unit.session,
            log=self.entity_id,
            size=head.size,
            witness=member.entity_id,
            root=head.root,
            token=token,
            signed_at=cosignature.at,
        )
        self._tell(unit, head)

    def show_again(self, unit: Unit, witness: str, signed: int) -> None:
        """A witness wants the last head proved from the one that it signed last."""
        self._member(unit, witness)
        head = rows.last_head(unit.session, self.entity_id)
        if head is not None and signed <= head.size:
            self._show_to(unit, witness, head, signed)
        else:  # as after an old backup: what we seal next has another past than what was signed
            self.log.error("witness signed more than our log has", witness=witness, size=signed)

    async def proof_between(self, earlier: int, later: int) -> JsonObject:
        """{from, to, path} as served at `/log/consistency`.

        Raises:
            BadInput: sizes that this log did not reach, or the wrong way round.
        """
        try:
            path = await self.storage.read(lambda session: self.consistency(session, earlier, later))
        except ValueError as error:
            raise BadInput("no such sizes of this log", found=f"{earlier} to {later}", expected="from ≤ to") from error
        return {"from": earlier, "to": later, "path": path_json(path)}

    def consistency(self, session: Session, earlier: int, later: int) -> Sequence[bytes]:
        """The proof between two sizes of our tree; raises ValueError for a size that no head has reached."""
        head = rows.last_head(session, self.entity_id)
        if later > (head.size if head else 0):
            raise ValueError("a tree of more leaves than a head has")
        return self._current(session).consistency(earlier, later)

    def _add(self, session: Session, credential_id: str | None, digest: bytes, now: datetime) -> rows.IssuanceLeaf:
        salt = entropy(SALT_BYTES)
        return rows.add_leaf(
            session,
            new_id(),
            credential_id=credential_id,
            digest=b64url_encode(digest),
            salt=b64url_encode(salt),
            leaf=b64url_encode(leaf_of(salt, digest)),
            now=now,
        )

    def _seal(self, session: Session, waiting: list[rows.IssuanceLeaf], now: datetime) -> None:
        last = rows.last_head(session, self.entity_id)
        size = last.size if last else 0
        tree = self._current(session).beginning(size)  # a copy: this transaction may be run again, or never be kept
        dummies = _padded(len(waiting)) - len(waiting)
        waiting += [self._add(session, None, entropy(HASH_BYTES), now) for _ in range(dummies)]
        waiting.sort(key=lambda row: row.leaf)  # hashes under salts: no order that says which are real
        for position, row in enumerate(waiting, start=size):
            rows.place(session, row, position)
        tree.extend(b64url_decode(row.leaf) for row in waiting)
        at = now.replace(microsecond=0)
        rows.add_head(
            session,
            log=self.entity_id,
            size=tree.size,
            root=b64url_encode(tree.root()),
            token=sign_head(self.entity_id, tree.size, tree.root(), signer=self.configuration.signer(), at=at),
            path=path_json(tree.consistency(size, tree.size)),
            signed_at=at,
        )

    def _show(self, unit: Unit, head: rows.LogHead) -> None:
        """To the witnesses who have not signed it yet, as long as too few have."""
        signed = {each.witness for each in rows.cosignatures(unit.session, self.entity_id, head.size)}
        network = federation.network(unit.session)
        if network is None or is_enough(signed, issuer=self.entity_id, anchor=network.anchor):
            return
        for member in self._witnesses(unit.session, unit.now):
            if member.entity_id not in signed:
                last = rows.last_cosigned(unit.session, self.entity_id, member.entity_id)
                self._show_to(unit, member.did, head, last.size if last else 0)

    def _show_to(self, unit: Unit, witness: str, head: rows.LogHead, earlier: int) -> None:
        show = ShowHead(
            ours=self.identity.did,
            theirs=witness,
            head=head.token,
            earlier=earlier,
            path=tuple(self.consistency(unit.session, earlier, head.size)),
            expires_at=unit.now + SHOWN_FOR,
        )
        self.flows.command(unit, PIURI, new_id(), show)

    def _witnesses(self, session: Session, now: datetime) -> Sequence[Member]:
        """Who witnesses for us: by hash, so that nobody chooses them, and the same from head to head."""

        def rank(member: Member) -> bytes:
            return sha256(f"{self.entity_id} {member.entity_id}".encode()).digest()

        members = (each for each in self.directory.members(session) if each.did != self.identity.did)
        living = [each for each in members if each.membership.state_at(now)[0] == "member" and each.document]
        return sorted(living, key=rank)[:WITNESSES]

    def _tell(self, unit: Unit, head: rows.LogHead) -> None:
        """The proofs under a head that enough have seen, to the learners that have none yet."""
        signed, network = rows.cosignatures(unit.session, self.entity_id, head.size), federation.network(unit.session)
        names = {each.witness for each in signed}
        if network is None or not is_enough(names, issuer=self.entity_id, anchor=network.anchor):
            return
        for leaf in rows.untold(unit.session, below=head.size, limit=MAX_AT_ONCE):
            award = issuance.find(unit.session, leaf.credential_id or "")
            learner = None if award is None else learners.get(unit.session, award.learner_id)
            if award is not None and award.document and learner is not None and learner.did is not None:
                self._tell_learner(unit, learner.did, award.document["id"], leaf, head, [each.token for each in signed])
            rows.told(unit.session, leaf, now=unit.now)

    def _tell_learner(
        self,
        unit: Unit,
        learner: str,
        credential: str,
        leaf: rows.IssuanceLeaf,
        head: rows.LogHead,
        cosignatures: Sequence[str],
    ) -> None:
        proof = self._proof(unit.session, leaf, head, cosignatures)
        tell = TellDate(ours=self.identity.did, theirs=learner, credential=credential, proof=proof)
        self.flows.command(unit, PIURI, new_id(), tell)

    def _proof(
        self, session: Session, leaf: rows.IssuanceLeaf, head: rows.LogHead, cosignatures: Sequence[str]
    ) -> JsonObject:
        position = leaf.position or 0
        return proof_json(
            log=self.entity_id,
            digest=leaf.digest,
            salt=b64url_decode(leaf.salt),
            position=position,
            size=head.size,
            path=self._current(session).inclusion(position, head.size),
            cosignatures=cosignatures,
        )

    def _member(self, unit: Unit, did: str) -> Member:
        member = self.directory.member(unit.session, did)
        if member is None or member.membership.state_at(unit.now)[0] != "member":
            raise Unauthorized(
                "no witness of ours", found=did[:80], expected="a member of the network in good standing"
            )
        return member

    def _current(self, session: Session) -> Tree:
        """The tree with everything that was placed so far, by whichever replica.

        It only ever grows, and other transactions read it meanwhile; it may know leaves after our last head that were
        never committed. What grew over such leaves has another root than the head that was, and is made anew.
        """
        tree = self._tree
        known = tree.size
        placed = rows.leaves_from(session, known)
        with self._growing:  # never over a query: another transaction may have its turn on this thread meanwhile
            tree.extend(b64url_decode(leaf) for leaf in placed[tree.size - known :])
        head = rows.last_head(session, self.entity_id)
        if head is not None and (tree.size < head.size or b64url_encode(tree.root(head.size)) != head.root):
            tree = self._tree = Tree(b64url_decode(leaf) for leaf in rows.leaves_from(session, 0))
        return tree


def _padded(count: int) -> int:
    """How many leaves a head adds: the next power of two, 16 at least."""
    return max(LEAST_LEAVES, 1 << (count - 1).bit_length())
