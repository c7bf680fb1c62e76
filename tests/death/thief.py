"""Whoever has the domain of an institution that has closed, and every key that it ever had."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from node.services.did_document import Purpose
from node.services.status_lists import REVOCATION
from protocols.credentials.proofs import add_proof, signed_digest
from protocols.didcomm.message import Message
from protocols.dids.multiformats import encode_multikey
from protocols.jose.encoding import JsonObject, b64url_decode, b64url_encode, canonical_json
from protocols.jose.keys import PrivateKey
from protocols.status.bitstring import new_bits
from protocols.status.publish import status_list_credential
from protocols.trust.issuance_log.head import cosign, parse_head, sign_head
from protocols.trust.issuance_log.inclusion import leaf_of, proof_json
from protocols.trust.issuance_log.merkle import Tree
from protocols.trust.succession import sign_succession
from tests.death.play import ARCHIVE, Story
from tests.support.trust_network import COLLEGE, COLLEGE_DID, EMPLOYER, Node

SALT = b"s" * 16


@dataclass
class Thief:
    story: Story

    def takes_the_host(self) -> None:
        """From now on the college's addresses answer what the thief wants."""
        internet, college = self.story.internet, self.story.college
        own = self._key()
        document = college.identity.did_document()
        method = {
            "id": own.kid,
            "type": "Multikey",
            "controller": COLLEGE_DID,
            "publicKeyMultibase": encode_multikey(own.public),
        }
        document["verificationMethod"] = [method, *document["verificationMethod"]]
        document["assertionMethod"] = [own.kid, *document["assertionMethod"]]
        internet.altered[f"{COLLEGE}/.well-known/did.json"] = lambda _: canonical_json(document)
        internet.altered[f"{COLLEGE}/status/"] = lambda _: self._clean_list()
        internet.altered[f"{COLLEGE}/log/heads"] = lambda _: self._heads()

    def forges(self, name: str, *, created: datetime, statuses: list[JsonObject], own_key: bool = False) -> JsonObject:
        return self.story.signed(name, statuses, created=created, key=self._key() if own_key else None)

    def own_log(
        self, document: JsonObject, *, cosigners: tuple[str, ...] = (), signed_by: Node | None = None
    ) -> JsonObject:
        """An issuance proof in a log that the thief made, dated back.

        Args:
            cosigners: in whose names the thief signs, with the college's key.
            signed_by: who cosigns it with its own key.
        """
        signer, at = self.story.college.configuration.signer(), self.story.closed_at - timedelta(days=1)
        committed = b64url_decode(signed_digest(document, self.story.college.identity.signer(Purpose.ASSERTION).public))
        tree = Tree([leaf_of(SALT, committed)])
        head = parse_head(sign_head(COLLEGE, 1, tree.root(), signer=signer, at=at))
        cosignatures = [cosign(head, witness=by, signer=signer, at=at) for by in (COLLEGE, *cosigners)]
        if signed_by is not None:
            own = signed_by.configuration.signer()
            cosignatures.append(cosign(head, witness=signed_by.entity_id, signer=own, at=at))
        return proof_json(
            log=COLLEGE,
            digest=b64url_encode(committed),
            salt=SALT,
            position=0,
            size=1,
            path=[],
            cosignatures=cosignatures,
        )

    async def wants_a_signature(self) -> list[str]:
        """Shows the witnesses a head of another log of the college's; how they refuse."""
        internet, college = self.story.internet, self.story.college
        before = len(internet.mail.refused)

        def shown(message: Message) -> Message:
            body = {"head": self._head(), "earlier": 0, "path": []}
            return replace(message, body=body) if message.type.endswith("/head") else message

        await college.storage.run(
            "thief.issued", lambda session: college.issuance_log.add(session, None, "A" * 43, now=self.story.now)
        )
        await college.issuance_log.seal()
        await internet.deliver(shown)
        return sorted({type(each).__name__ for each in internet.mail.refused[before:]})

    async def names_another_custodian(self) -> str:
        """A succession to somebody else, signed with the college's key, put where the custodian's is looked for."""
        story = self.story
        token = sign_succession(COLLEGE, EMPLOYER, signer=story.college.configuration.signer(), at=story.now)
        custody = {**await story.archive.custody.published(COLLEGE), "succession": token, "confirmations": []}
        story.internet.altered[f"{ARCHIVE}/federation/custody"] = lambda _: canonical_json(custody)
        await story.employer.successors.sync()
        del story.internet.altered[f"{ARCHIVE}/federation/custody"]
        refused = [line for line in story.employer.log.getvalue().splitlines() if "custody not synced" in line]
        return "refused" if refused else "taken"

    def _key(self) -> PrivateKey:
        return PrivateKey.from_secret("Ed25519", sha256(b"thief").digest(), f"{COLLEGE_DID}#issue-1000")

    def _clean_list(self) -> bytes:
        """A list of the college's in which nothing is revoked, signed by its own old key, today."""
        url = self.story.kept["revoked"].document["credentialStatus"][0]["statusListCredential"]
        unsigned = status_list_credential(
            url=url,
            issuer=COLLEGE_DID,
            purpose=REVOCATION,
            bits=new_bits(),
            valid_from=self.story.now,
            valid_until=None,
            ttl_ms=None,
        )
        signer = self.story.college.identity.signer(Purpose.ASSERTION)
        return canonical_json(
            add_proof(
                unsigned, suite="eddsa-jcs-2022", signer=signer, purpose="assertionMethod", created=self.story.now
            )
        )

    def _heads(self) -> bytes:
        return canonical_json({"log": COLLEGE, "heads": [{"head": self._head(), "path": [], "cosignatures": []}]})

    def _head(self) -> str:
        tree = Tree(sha256(str(number).encode()).digest() for number in range(1024))
        signer = self.story.college.configuration.signer()
        return sign_head(COLLEGE, 1024, tree.root(), signer=signer, at=self.story.now)
