"""Our JWE against joserfc's, which shares no code with it, in both directions."""

import json

import pytest
from joserfc import jwe as other
from joserfc.drafts.jwe_ecdh_1pu import register_ecdh_1pu
from joserfc.jwk import ECKey, KeySet, OKPKey

from protocols.didcomm.envelope import pack_anoncrypt, pack_authcrypt, pack_plain, unpack
from protocols.didcomm.jwe import MEDIA_TYPE
from protocols.jose.encoding import b64url_encode, digest
from protocols.jose.keys import PrivateKey
from tests.support.parties import AGREEING, NOW, documents, entropy_of, lunch, party

ALICE, BOB = party("alice"), party("bob")
ALGORITHMS = ["ECDH-ES+A256KW", "ECDH-1PU+A256KW", "A256CBC-HS512", "A256GCM"]
entropy = entropy_of("oracle")
register_ecdh_1pu()


def theirs(key: PrivateKey) -> OKPKey | ECKey:
    kind = OKPKey if key.public.crv == "X25519" else ECKey
    return kind.import_key({**key.to_jwk(), "kid": key.kid})


@pytest.mark.parametrize("crv", AGREEING)
@pytest.mark.parametrize("enc", ["A256CBC-HS512", "A256GCM"])
def test_our_anoncrypt_opens_there(crv, enc):
    message = lunch(None, BOB)

    data = pack_anoncrypt(message, recipients=BOB.recipients(crv)[:1], entropy=entropy, enc=enc)
    opened = other.decrypt_json(json.loads(data), theirs(BOB.agreement(crv)), algorithms=ALGORITHMS)

    assert opened.plaintext == pack_plain(message)


@pytest.mark.parametrize("crv", AGREEING)
def test_our_authcrypt_opens_there(crv):
    message = lunch(ALICE, BOB)

    data = pack_authcrypt(message, sender=ALICE.agreement(crv), recipients=BOB.recipients(crv)[:1], entropy=entropy)
    opened = other.decrypt_json(
        json.loads(data),
        theirs(BOB.agreement(crv)),
        algorithms=ALGORITHMS,
        sender_key=KeySet([theirs(ALICE.agreement(crv))]),
    )

    assert opened.plaintext == pack_plain(message)


@pytest.mark.parametrize("crv", AGREEING)
@pytest.mark.parametrize("authenticated", [False, True])
def test_theirs_opens_here(crv, authenticated):
    message, recipient, sender = lunch(ALICE, BOB), BOB.agreement(crv), ALICE.agreement(crv)
    named = {"skid": sender.kid, "apu": b64url_encode(sender.kid.encode())} if authenticated else {}
    header = {
        "typ": MEDIA_TYPE,
        "alg": "ECDH-1PU+A256KW" if authenticated else "ECDH-ES+A256KW",
        "enc": "A256CBC-HS512",
        "apv": digest(recipient.kid.encode()),
        "epk": (ephemeral := PrivateKey.generate(crv, entropy)).public.to_jwk(),
        **named,
    }
    envelope = other.GeneralJSONEncryption(header, pack_plain(message))
    envelope.add_recipient({"kid": recipient.kid}, theirs(recipient))
    envelope.recipients[0].ephemeral_key = theirs(ephemeral)

    value = other.encrypt_json(
        envelope, None, algorithms=ALGORITHMS, sender_key=theirs(sender) if authenticated else None
    )
    # It repeats the ephemeral key in each recipient's unprotected header, where DIDComm allows none.
    value["recipients"] = [{**each, "header": {"kid": recipient.kid}} for each in value["recipients"]]
    opened = unpack(json.dumps(value).encode(), secrets=BOB.secrets, documents=documents(ALICE), now=NOW)

    assert opened.message == message
    assert opened.sender == (ALICE.did if authenticated else None)
