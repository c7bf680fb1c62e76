"""The directory as one document, and the anchor as a member of its own network."""

import pytest

from protocols.dids.document import DidDocument
from protocols.dids.multiformats import encode_multikey
from protocols.jose.encoding import JsonObject, digest_json
from protocols.trust.chain import validate_chain
from protocols.trust.directory import Entry, directory_document, read_directory
from protocols.trust.entity import did_of
from protocols.trust.presented_chain import standing_from_chain
from protocols.trust.refusal import StatementRefused
from protocols.trust.statement import parse_statement
from tests.support.federation import (
    ANCHOR,
    ANCHORS,
    MEMBER,
    MEMBER_DID,
    MEMBER_KEY,
    NOW,
    STRANGER_KEY,
    anchor_configuration,
    configuration_claims,
    events,
    member_configuration,
    membership,
    signed,
    subordinate,
)

ANCHOR_DID = did_of(ANCHOR)
OWN = membership(did=ANCHOR_DID, issuer=None, verifier=None)


def document(did: str, entity_id: str) -> JsonObject:
    kid = f"{did}#auth-1"
    method = {
        "id": kid,
        "type": "Multikey",
        "controller": did,
        "publicKeyMultibase": encode_multikey(MEMBER_KEY.public),
    }
    return {"id": did, "alsoKnownAs": [entity_id], "verificationMethod": [method], "authentication": [kid]}


def stating(did: str, entity_id: str, name: str) -> JsonObject:
    """The metadata of a node that states its DID document."""
    node = {"did": did, "did_document_sha256": digest_json(document(did, entity_id))}
    return {"federation_entity": {"organization_name": name}, "ler_node": node}


METADATA = stating(ANCHOR_DID, ANCHOR, "Example Network")
STATING = stating(MEMBER_DID, MEMBER, "What it calls itself")


def member_anchor(**changes) -> str:
    """The configuration of an anchor that is a member of its own network."""
    return anchor_configuration(metadata=METADATA, extra={"ler_membership": OWN.to_json()}, **changes)


def entry(**changes) -> Entry:
    given = {
        "entity_id": MEMBER,
        "did": MEMBER_DID,
        "configuration": member_configuration(metadata=STATING),
        "statement": subordinate(),
        "did_document": document(MEMBER_DID, MEMBER),
    }
    return Entry(**{**given, **changes})


def anchor_entry(**changes) -> Entry:
    given = {
        "entity_id": ANCHOR,
        "did": ANCHOR_DID,
        "configuration": member_anchor(),
        "statement": None,
        "did_document": document(ANCHOR_DID, ANCHOR),
    }
    return Entry(**{**given, **changes})


def read(*members: Entry, anchor: str | None = None):
    return read_directory(directory_document(anchor or member_anchor(), members, NOW), ANCHORS, NOW)


def test_a_directory_lists_members_and_the_anchor_with_what_their_chains_prove() -> None:
    listed = read(entry(), anchor_entry())
    assert [(each.entity_id, each.did, each.name) for each in listed] == [
        (MEMBER, MEMBER_DID, "Example College"),
        (ANCHOR, ANCHOR_DID, "Example Network"),
    ]
    assert [each.membership for each in listed] == [membership(), OWN]
    assert [isinstance(each.document, DidDocument) for each in listed] == [True, True]
    assert [each.standing("relay", NOW).outcome for each in listed] == ["yes", "yes"]
    assert [each.standing("verifier", NOW).cause for each in listed] == [
        "member_in_good_standing",
        "not_registered_as_verifier",
    ]


@pytest.mark.parametrize(
    "changed",
    [
        {"statement": subordinate(signer=STRANGER_KEY)},
        {"statement": None},
        {"configuration": member_configuration(signer=STRANGER_KEY, metadata=STATING)},
        {"configuration": member_configuration()},
        {"did_document": {**document(MEMBER_DID, MEMBER), "assertionMethod": [f"{MEMBER_DID}#auth-1"]}},
        {"did_document": document(MEMBER_DID, "https://other.example")},
        {"did_document": document(ANCHOR_DID, ANCHOR)},
        {"did_document": {}},
        {"statement": subordinate(membership=None)},
    ],
)
def test_an_entry_that_does_not_hold_is_as_if_it_were_not_listed(changed) -> None:
    assert [each.entity_id for each in read(entry(**changed), anchor_entry())] == [ANCHOR]


def test_a_directory_of_an_unknown_anchor_is_refused_as_a_whole() -> None:
    with pytest.raises(StatementRefused) as refusal:
        read(entry(), anchor=member_anchor(signer=STRANGER_KEY))
    assert refusal.value.rule == "anchor_key"


def test_an_anchor_may_be_a_member_by_its_own_word_and_nobody_else() -> None:
    shown = standing_from_chain([member_anchor()], ANCHOR_DID, ANCHORS, "relay", NOW)
    assert (shown.decision.outcome, shown.name, shown.membership) == ("yes", "Example Network", OWN)
    own_word = {"ler_membership": membership().to_json()}
    with pytest.raises(StatementRefused) as refusal:
        parse_statement(signed(configuration_claims(**own_word)), NOW)
    assert refusal.value.rule == "claim_misplaced"
    alone = signed(configuration_claims(**own_word, authority_hints=None))
    with pytest.raises(StatementRefused) as refusal:
        validate_chain([alone], anchors=ANCHORS, now=NOW)
    assert refusal.value.rule == "unknown_anchor"


def test_an_anchors_membership_of_another_did_breaks_its_chain() -> None:
    other = {**METADATA, "ler_node": {"did": MEMBER_DID}}
    token = anchor_configuration(metadata=other, extra={"ler_membership": OWN.to_json()})
    with pytest.raises(StatementRefused) as refusal:
        validate_chain([token], anchors=ANCHORS, now=NOW)
    assert refusal.value.rule == "did_mismatch"


def test_a_history_continues_another_only_when_it_has_all_of_it() -> None:
    before = membership(events=events("applied", "approved"))
    after = membership(events=events("applied", "approved", "suspended"))
    assert after.continues(before)
    assert before.continues(before)
    assert not before.continues(after)
    assert not membership(events=events("applied", "approved", start=NOW)).continues(before)
