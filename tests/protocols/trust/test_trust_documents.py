"""The documents that a network shows of itself: known-issuer registry, governance, former keys."""

from datetime import timedelta

from protocols.jose.jws import parse_compact
from protocols.trust.governance import FACES, governance_document
from protocols.trust.historical_keys import HistoricalKey, sign_historical_keys
from protocols.trust.membership import MembershipEvent
from protocols.trust.registry import RegistryEntry, known_issuers
from tests.support.federation import ANCHOR, ANCHOR_KEY, DAY, MEMBER, MEMBER_DID, NOW, events, key, membership

OLD_KEY = key("old")


def test_a_registry_has_name_and_url_by_did_and_says_since_when_and_of_which_date_it_is() -> None:
    member = membership(events=events("applied", "approved", start=NOW - 30 * DAY))
    ends = MembershipEvent(event="suspended", at=NOW - 3 * DAY, until=NOW - DAY)
    back = membership(events=(*events("applied", "approved", start=NOW - 90 * DAY), ends))
    entry = RegistryEntry(did=MEMBER_DID, name="Example College", url=MEMBER)
    assert known_issuers([entry], [member, back], NOW) == {
        "meta": {"created": "2026-08-26T12:00:00Z", "updated": "2026-11-23T12:00:00Z"},
        "registry": {MEMBER_DID: {"name": "Example College", "location": "", "url": MEMBER}},
    }
    before = known_issuers([], [member, back], NOW - 2 * DAY)
    assert before["meta"]["updated"] == "2026-11-21T12:00:00Z", "a suspension's end is no news before it comes"


def test_a_governance_document_names_what_can_be_asked_and_where() -> None:
    terms = {"version": "1", "sha256": "x" * 43}
    document = governance_document(
        ANCHOR,
        "Example Network",
        members=[membership(), membership(issuer=None, verifier=None)],
        marks={"https://network.example/marks/good": [ANCHOR]},
        terms=terms,
    )
    assert document == {
        "name": "Example Network",
        "anchor": {"entity_id": ANCHOR, "did": "did:web:network.example"},
        "terms": {**terms, "uri": "https://network.example/federation/terms"},
        "marks": {"https://network.example/marks/good": [ANCHOR]},
        "roles": {
            "issuer": {"action": "issue", "resources": ["OpenBadgeCredential"]},
            "verifier": {"action": "verify", "resources": ["OpenBadgeCredential"]},
            "relay": {"action": "relay", "resources": []},
        },
        "faces": {name: ANCHOR + path for name, path in FACES.items()},
    }
    assert "terms" not in governance_document(ANCHOR, "Example Network", members=[], marks={}, terms=None)


def test_former_keys_have_an_end_and_a_leaked_one_says_so() -> None:
    made, ended, leaked = NOW - 100 * DAY, NOW - 50 * DAY, NOW - timedelta(days=60)
    former = HistoricalKey(kid=OLD_KEY.kid, public=OLD_KEY.public, issued_at=made, expires_at=ended)
    stolen = HistoricalKey(kid="stolen", public=OLD_KEY.public, issued_at=made, expires_at=leaked, revoked_at=leaked)
    token = sign_historical_keys([former, stolen], issuer=ANCHOR, signer=ANCHOR_KEY, now=NOW)
    jws = parse_compact(token, typ="jwk-set+jwt")
    jws.verify(ANCHOR_KEY.public)
    seconds = {"iat": int(made.timestamp()), "exp": int(ended.timestamp())}
    public = {**OLD_KEY.public.to_jwk(), "alg": "EdDSA", "use": "sig"}
    assert jws.claims == {
        "iss": ANCHOR,
        "iat": int(NOW.timestamp()),
        "keys": [
            {**public, **seconds, "kid": OLD_KEY.kid},
            {
                **public,
                "kid": "stolen",
                "iat": int(made.timestamp()),
                "exp": int(leaked.timestamp()),
                "revoked": {"revoked_at": int(leaked.timestamp()), "reason": "compromised"},
            },
        ],
    }
