"""Entity ids, their DIDs, and the agreement of a node's three publications."""

from dataclasses import replace

import pytest

from protocols.jose.encoding import digest_json
from protocols.trust.entity import agree, check_entity_id, did_of, entity_id_of, states_document
from protocols.trust.refusal import StatementRefused
from protocols.trust.statement import parse_statement
from tests.support.federation import MEMBER, MEMBER_DID, NOW, OTHER, did_document, member_configuration

PAIRS = [
    ("https://localhost:8101", "did:web:localhost%3A8101"),
    ("https://college.example", "did:web:college.example"),
    ("https://a-b.c1.example/nodes/Test_1", "did:web:a-b.c1.example:nodes:Test_1"),
    ("https://college.example:8443/node", "did:web:college.example%3A8443:node"),
]


@pytest.mark.parametrize(("entity_id", "did"), PAIRS)
def test_entity_id_and_did_web_map_onto_each_other(entity_id: str, did: str) -> None:
    assert check_entity_id(entity_id) == entity_id
    assert did_of(entity_id) == did
    assert entity_id_of(did) == entity_id


@pytest.mark.parametrize(
    "url",
    [
        "http://college.example",
        "https://college.example/",
        "https://college.example?x=1",
        "https://college.example#x",
        "https://user@college.example",
        "https://College.example",
        "https://college.example:443",
        "https://college.example:0443",
        "https://college.example:99999",
        "https://127.0.0.1",
        "https://[::1]",
        "https://college.example/a/../b",
        "https://college.example//a",
        "https://college.example/%61",
        "https://college.example\n",
        "https://cøllege.example",
        "https://-a.example",
        "https://" + "a." * 300 + "example",
        "https://",
        "",
        None,
        7,
    ],
)
def test_any_other_spelling_of_an_entity_id_is_refused(url: object) -> None:
    with pytest.raises(StatementRefused) as refusal:
        check_entity_id(url)
    assert refusal.value.rule == "entity_id"


@pytest.mark.parametrize(
    "did",
    [
        "did:key:z6Mk",
        "did:web:localhost%3a8101",
        "did:web:localhost:8101x/..",
        "did:web:college.example:..",
        "did:web:127.0.0.1",
        "did:web:college.example#key-1",
        "did:web:",
        None,
    ],
)
def test_any_other_did_has_no_entity_id(did: object) -> None:
    with pytest.raises(StatementRefused) as refusal:
        entity_id_of(did)
    assert refusal.value.rule == "did"


def test_three_publications_that_name_each_other_agree() -> None:
    document = did_document(MEMBER_DID, also_known_as=("https://alias.example", MEMBER))
    agree(MEMBER, MEMBER_DID, document, parse_statement(member_configuration(), NOW))


@pytest.mark.parametrize(
    ("rule", "entity_id", "document_id", "also_known_as", "configured_did"),
    [
        ("host_mismatch", OTHER, MEMBER_DID, (OTHER,), MEMBER_DID),
        ("document_mismatch", MEMBER, did_of(OTHER), (MEMBER,), MEMBER_DID),
        ("did_not_in_configuration", MEMBER, MEMBER_DID, (MEMBER,), did_of(OTHER)),
        ("did_not_in_configuration", MEMBER, MEMBER_DID, (MEMBER,), None),
        ("entity_id_not_in_document", MEMBER, MEMBER_DID, (), MEMBER_DID),
        ("entity_id_not_in_document", MEMBER, MEMBER_DID, (MEMBER + "/",), MEMBER_DID),
    ],
)
def test_one_publication_that_does_not_agree_is_refused(
    rule: str, entity_id: str, document_id: str, also_known_as: tuple[str, ...], configured_did: str | None
) -> None:
    metadata = {"ler_node": {} if configured_did is None else {"did": configured_did}}
    configuration = parse_statement(member_configuration(metadata=metadata), NOW)
    with pytest.raises(StatementRefused) as refusal:
        agree(entity_id, MEMBER_DID, did_document(document_id, also_known_as=also_known_as), configuration)
    assert refusal.value.rule == rule


def test_a_node_states_its_did_document_or_does_not_and_no_other_counts() -> None:
    served = {"id": MEMBER_DID, "alsoKnownAs": [MEMBER]}
    stated = {"did": MEMBER_DID, "did_document_sha256": digest_json(served)}
    configuration = parse_statement(member_configuration(metadata={"ler_node": stated}), NOW)
    assert states_document(configuration, served)
    assert states_document(parse_statement(member_configuration(), NOW), served) is False
    with pytest.raises(StatementRefused) as refusal:
        states_document(configuration, {**served, "verificationMethod": []})
    assert refusal.value.rule == "did_document_digest"


def test_the_configuration_of_another_entity_does_not_agree() -> None:
    configuration = replace(parse_statement(member_configuration(), NOW), sub=OTHER)
    with pytest.raises(StatementRefused) as refusal:
        agree(MEMBER, MEMBER_DID, did_document(MEMBER_DID, also_known_as=(MEMBER,)), configuration)
    assert refusal.value.rule == "configuration_mismatch"
