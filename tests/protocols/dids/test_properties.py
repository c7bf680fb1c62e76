"""Documents and DIDs under random change: a DidError, or a document; nothing else."""

import contextlib
import os
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protocols.dids.key import did_key
from protocols.dids.methods import resolve_offline
from protocols.dids.multiformats import JSON_CODE, add_code, multibase_encode, sha256_multihash
from protocols.dids.parse import parse_document
from protocols.dids.peer import create_peer2, create_peer4, resolve_peer4
from protocols.errors import DidError
from protocols.jose.keys import PrivateKey
from tests.support.parties import party, peer4_input

SIGNING, AGREEING = (PrivateKey.generate(crv, os.urandom) for crv in ("Ed25519", "X25519"))
RAW = {
    **party("alice").raw,
    "service": [{"id": "#s", "type": "DIDCommMessaging", "serviceEndpoint": {"uri": "https://a.example"}}],
    "alsoKnownAs": ["did:web:a.example"],
}
DIDS = (
    did_key(SIGNING.public),
    create_peer2([("authentication", SIGNING.public), ("keyAgreement", AGREEING.public)], RAW["service"]),
    create_peer4(peer4_input(SIGNING, AGREEING))[0],
    "did:web:a.example%3A8443:b",
)

quick = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(path for key, item in items for path in paths(item, (*at, key)))]


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


@quick
@given(st.sampled_from(paths(RAW)[1:]), junk)
def test_a_changed_document_is_read_or_refused(path, new):
    with contextlib.suppress(DidError):
        assert parse_document(replaced(RAW, path, new), RAW["id"]).id == RAW["id"]


@quick
@given(st.sampled_from(DIDS), st.data())
def test_a_changed_did_is_resolved_or_refused(did, data):
    at = data.draw(st.integers(0, len(did) - 1))
    changed = did[:at] + data.draw(st.text(max_size=2)) + did[at + 1 :]

    with contextlib.suppress(DidError):
        document = resolve_offline(changed)
        assert document is None or document.id == changed


@quick
@given(st.binary(max_size=60), st.booleans())
def test_any_bytes_in_a_did_peer_4_are_a_document_or_refused(data, as_short):
    encoded = multibase_encode(add_code(JSON_CODE, data))

    with contextlib.suppress(DidError):
        resolve_peer4(f"did:peer:4{sha256_multihash(encoded.encode())}:{encoded}", as_short=as_short)
