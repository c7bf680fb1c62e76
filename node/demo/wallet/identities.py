"""The DIDs this wallet makes: one for each institution, one for each asker, and one that its records are bound to.

Nobody can tell from two of them that they are one person's: each has keys of its own.
"""

import sqlite3

from node.demo.wallet.clock import entropy
from node.demo.wallet.rows import keys as rows
from node.demo.wallet.sealing import Seal
from protocols.dids.key import did_key
from protocols.dids.multiformats import encode_multikey
from protocols.dids.peer import create_peer4
from protocols.jose.encoding import JsonObject
from protocols.jose.keys import PrivateKey

SIGNING, AGREEING = "#key-1", "#key-2"
HOLDER = "holder"


def new_peer(db: sqlite3.Connection, seal: Seal, *, mediator: str) -> str:
    """A new did:peer:4 (short form) whose mail goes to the DID `mediator`: Ed25519 to sign, X25519 to be written to."""
    signing, agreeing = (PrivateKey.generate(crv, entropy) for crv in ("Ed25519", "X25519"))
    document: JsonObject = {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
        "verificationMethod": [
            {"id": name, "type": "Multikey", "publicKeyMultibase": encode_multikey(key.public)}
            for name, key in ((SIGNING, signing), (AGREEING, agreeing))
        ],
        "authentication": [SIGNING],
        "keyAgreement": [AGREEING],
        "service": [
            {
                "id": "#didcomm",
                "type": "DIDCommMessaging",
                "serviceEndpoint": {"uri": mediator, "accept": ["didcomm/v2"], "routingKeys": []},
            }
        ],
    }
    long, short = create_peer4(document)
    rows.add_did(db, short, long)
    rows.add_key(db, seal, signing.named(short + SIGNING))
    rows.add_key(db, seal, agreeing.named(short + AGREEING))
    return short


def new_mailbox(db: sqlite3.Connection, seal: Seal) -> str:
    """A new did:key that only opens envelopes."""
    key = PrivateKey.generate("X25519", entropy)
    did = did_key(key.public)
    rows.add_key(db, seal, key.named(f"{did}#{did.removeprefix('did:key:')}"))
    return did


def holder(db: sqlite3.Connection, seal: Seal) -> PrivateKey:
    """The key that records are bound to and presentations are signed with; made at the first use.

    There is one, since a presentation has one holder: two askers who compare notes can tell that they were shown
    records of one person, as the records themselves would tell them.
    """
    kid = rows.setting(db, HOLDER)
    if kid is not None:
        return rows.key(db, seal, kid)
    key = PrivateKey.generate("Ed25519", entropy)
    did = did_key(key.public)
    made = key.named(f"{did}#{did.removeprefix('did:key:')}")
    rows.add_key(db, seal, made)
    rows.set_setting(db, HOLDER, made.kid)
    return made


def did_of_kid(kid: str) -> str:
    return kid.partition("#")[0]


def signer(db: sqlite3.Connection, seal: Seal, did: str, *, as_long: bool = False) -> PrivateKey:
    """The signing key of a DID of `new_peer`, its kid under the short form, or under the long one."""
    return _named(db, rows.key(db, seal, did + SIGNING), did, SIGNING, as_long)


def agreement(db: sqlite3.Connection, seal: Seal, did: str, *, as_long: bool = False) -> PrivateKey:
    """The key that a DID of `new_peer` encrypts with, likewise."""
    return _named(db, rows.key(db, seal, did + AGREEING), did, AGREEING, as_long)


def _named(db: sqlite3.Connection, key: PrivateKey, did: str, name: str, as_long: bool) -> PrivateKey:
    return key.named(rows.long_form(db, did) + name) if as_long else key
