"""Only what is signed may be read: everything that RDF would drop, rename or hide is refused (threats C5, C6)."""

import copy
import time
from itertools import permutations
from typing import Any

import pytest

from protocols.credentials.canonical import Reading, canonical_rdf
from protocols.credentials.contexts import PINNED, Contexts, ContextUnknown, document
from protocols.credentials.proofs import check_proofs
from protocols.errors import MalformedCredential, TooLarge
from tests.support.badges import COLLEGE, DOCUMENTS, NOW, badge, signed
from tests.support.whole_badge import endorsement

V2 = "https://www.w3.org/ns/credentials/v2"
OB = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"


def test_every_pinned_context_has_its_digest_and_can_be_processed() -> None:
    for url in PINNED:
        assert "@context" in document(url)
    alone = {"@context": list(PINNED)[:1], "id": "urn:a", "type": "VerifiableCredential", "issuer": "did:example:a"}
    assert canonical_rdf(alone).count(b"\n") == 2


def test_a_context_that_is_not_pinned_is_unknown_here_too() -> None:
    with pytest.raises(ContextUnknown) as caught:
        document("https://www.w3.org/ns/credentials/examples/v2")
    assert caught.value.found == "https://www.w3.org/ns/credentials/examples/v2"


def test_an_added_context_counts_and_cannot_replace_a_pinned_one() -> None:
    added = Contexts((("https://x.example/c", b'{"@context": {"x": "urn:x"}}'), (V2, b'{"@context": {}}')))
    assert canonical_rdf({"@context": "https://x.example/c", "x": "1"}, Reading(contexts=added)) == (
        b'_:c14n0 <urn:x> "1" .\n'
    )
    assert added.document(V2) == document(V2)


def _changed(path: str, value: Any) -> dict[str, Any]:
    made = copy.deepcopy(badge())
    node: Any = made
    *parents, last = path.split(" ")
    for name in parents:
        node = node[int(name) if name.isdigit() else name]
    node[last] = value
    return made


@pytest.mark.parametrize(
    ("path", "value", "wrong"),
    [
        ("extra", "x", "an undefined term"),
        ("credentialSubject extra", {"type": "Achievement"}, "an undefined term"),
        ("credentialSubject achievement criteria extra", "x", "an undefined term"),
        ("type", ["VerifiableCredential", "MadeUpCredential"], "an undefined type or a relative identifier"),
        ("type", ["VerifiableCredential", "../relative"], "an undefined type or a relative identifier"),
        ("id", "credentials/1", "an undefined type or a relative identifier"),
        ("id", "", "an undefined type or a relative identifier"),
        ("id", "//college.example/1", "an undefined type or a relative identifier"),
        ("credentialSubject id", "me", "an undefined type or a relative identifier"),
        ("credentialSubject id", "did:x:> <did:y", "not an absolute URL"),
        ("@context", [V2, {"achievement": "urn:a"}], "an inline context"),
        ("@context", [V2, OB, None], "an inline context"),
        ("credentialSubject @context", {"achievement": "urn:a"}, "an inline context"),
        ("@context", [V2, "https://attacker.example/context"], "an unknown JSON-LD context"),
        ("credentialSubject @context", "https://attacker.example/context", "an unknown JSON-LD context"),
        ("name", {"@value": "x", "@language": "en", "@direction": "rtl"}, "a property in another form"),
        ("name", {"@value": "x", "@language": 'en" .\n<a:b'}, "not a language tag"),
        ("@graph", [], "a property in another form"),
        ("@id", "urn:x", "a property in another form"),
        ("@included", [{"id": "urn:x", "type": "Profile"}], "a property in another form"),
        ("credentialSubject @type", "Profile", "a property in another form"),
        ("credentialSubject @reverse", {}, "a property in another form"),
        ("credentialSubject achievement alignment", {"@set": []}, "a property in another form"),
        ("credentialSubject achievement tag", {"@value": "x", "@type": "urn:x"}, "a property in another form"),
        ("https://schema.org/name", "x", "a property in another form"),
        ("_:p", "x", "a property in another form"),
        ("credentialSubject achievement creditsAvailable", 1e301, "a number out of range"),
    ],
)
def test_what_would_go_unsigned_or_be_read_otherwise_is_refused(path: str, value: Any, wrong: str) -> None:
    made = _changed(path, value)
    with pytest.raises(MalformedCredential, match=wrong):
        canonical_rdf(made)


def test_a_status_cannot_be_hidden_behind_the_full_name_of_its_property() -> None:
    entry = {
        "id": "https://college.example/status/1#5",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "5",
        "statusListCredential": "https://college.example/status/1",
    }
    hidden = signed(badge(credentialStatus=entry))
    hidden["https://www.w3.org/2018/credentials#credentialStatus"] = hidden.pop("credentialStatus")
    [result] = check_proofs(hidden, DOCUMENTS, purpose="assertionMethod", now=NOW, expected_controller=COLLEGE)
    assert (result.outcome, result.reason) == (
        "no",
        "The document cannot be read as signed: a property in another form than its context's: "
        "https://www.w3.org/2018/credentials#credentialStatus.",
    )


def test_properties_of_the_credential_cannot_be_moved_inside_it() -> None:
    made = badge()
    inner = {"id": made["id"], "type": "VerifiableCredential", "validUntil": made.pop("validUntil")}
    made["evidence"] = inner
    with pytest.raises(MalformedCredential, match="hidden inside"):
        canonical_rdf(made)


def test_a_credential_may_carry_an_endorsement_of_itself_and_nothing_hides_in_one() -> None:
    subject = {"id": badge()["id"], "type": ["EndorsementSubject"], "endorsementComment": "Well done."}
    made = badge(endorsement=[endorsement(badge()["id"], credentialSubject=subject)])
    assert b"Well done." in canonical_rdf(made)
    for smuggled in (
        {**subject, "type": ["EndorsementSubject", "OpenBadgeCredential"]},
        {**subject, "validUntil": made["validUntil"]},
        {"id": subject["id"], "endorsementComment": "Untyped."},
    ):
        made["endorsement"][0]["credentialSubject"] = smuggled
        with pytest.raises(MalformedCredential, match="hidden inside"):
            canonical_rdf(made)


def test_an_unknown_context_leaves_the_answer_open_and_an_undefined_term_does_not() -> None:
    made = signed(badge())
    unknown = {**made, "@context": [*made["@context"], "https://attacker.example/context"]}
    undefined = {**made, "extra": "x"}
    outcomes = [
        check_proofs(value, DOCUMENTS, purpose="assertionMethod", now=NOW, expected_controller=COLLEGE)[0].outcome
        for value in (unknown, undefined)
    ]
    assert outcomes == ["could_not_tell", "no"]


def test_the_contexts_of_a_signed_badge_cannot_be_exchanged_for_other_pinned_ones() -> None:
    made = signed(badge())
    swapped = {**made, "@context": [V2, "https://purl.imsglobal.org/spec/ob/v3p0/context.json"]}
    [result] = check_proofs(swapped, DOCUMENTS, purpose="assertionMethod", now=NOW, expected_controller=COLLEGE)
    assert (result.outcome, result.reason) == (
        "no",
        "The document cannot be read as signed: not valid JSON-LD: "
        "Invalid JSON-LD syntax; tried to redefine a protected term.",
    )


def test_a_document_that_states_nothing_is_refused() -> None:
    for empty in ({}, {"@context": [V2]}, {"@context": [V2], "id": "urn:a"}):
        with pytest.raises(MalformedCredential, match="states nothing"):
            canonical_rdf(empty)


def test_the_limits_of_size_and_depth_come_first() -> None:
    with pytest.raises(TooLarge, match="too large"):
        canonical_rdf(badge(description="x" * 300_000))
    deep: Any = "x"
    for _ in range(40):
        deep = {"type": "Profile", "parentOrg": deep}
    with pytest.raises(TooLarge, match="too deeply"):
        canonical_rdf(badge(issuer=deep))


def test_an_8_clique_of_blank_nodes_in_a_badge_is_refused_within_50_ms() -> None:
    canonical_rdf(badge())  # contexts are processed once in the life of a process
    related = [
        {"id": f"_:{a}", "type": ["Related"], "related": []} | {"inLanguage": "en", "version": "1"} for a in range(8)
    ]
    made = _changed("credentialSubject achievement related", related)
    nodes = {node["id"]: node for node in related}
    for node in nodes.values():
        node["type"] = ["Achievement"]
        node["related"] = [{"id": other} for one, other in permutations(nodes, 2) if one == node["id"]]
    started = time.perf_counter()
    with pytest.raises(TooLarge, match="alike"):
        canonical_rdf(made)
    assert time.perf_counter() - started < 0.05


def test_more_than_256_blank_nodes_are_refused() -> None:
    many = [{"type": ["Alignment"], "targetName": str(n), "targetUrl": "urn:x"} for n in range(260)]
    with pytest.raises(TooLarge, match="too many blank nodes"):
        canonical_rdf(_changed("credentialSubject achievement alignment", many))


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        (3, '"3"^^<https://www.w3.org/2001/XMLSchema#float>'),
        (3.0, '"3"^^<https://www.w3.org/2001/XMLSchema#float>'),
        (2.5, '"2.5E0"^^<https://www.w3.org/2001/XMLSchema#float>'),
        (0.1, '"1.0E-1"^^<https://www.w3.org/2001/XMLSchema#float>'),
        (1e21, '"1.0E21"^^<https://www.w3.org/2001/XMLSchema#float>'),
        (-0.0, '"0"^^<https://www.w3.org/2001/XMLSchema#float>'),
    ],
)
def test_numbers_are_written_as_json_ld_says(value: float, literal: str) -> None:
    made = _changed("credentialSubject achievement creditsAvailable", value)
    assert f"creditsAvailable> {literal} .\n" in canonical_rdf(made).decode()


def test_text_is_escaped_as_rdfc_says() -> None:
    text = 'a"b\\c\td\ne\x00f\x7fg\u2028é'
    assert '"a\\"b\\\\c\\td\\ne\\u0000f\\u007Fg\u2028é"' in canonical_rdf(badge(name=text)).decode()


def test_a_named_graph_keeps_the_proofs_of_an_embedded_credential() -> None:
    lines = canonical_rdf(
        {
            "@context": [V2],
            "id": "urn:p",
            "type": ["VerifiablePresentation"],
            "verifiableCredential": [signed(badge())],
        }
    ).decode()
    assert lines.count("https://w3id.org/security#proofValue") == 1


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("name", {"@value": None}, "a value object without a value"),
        ("name", {"@language": "en"}, "a value object without a value"),
        ("proof", "urn:uuid:1", "an embedded document that states nothing"),
        ("proof", {"id": "urn:uuid:1"}, "an embedded document that states nothing"),
        ("proof", [{}], "an embedded document that states nothing"),
        ("creditsAvailable", 1e-7, "a number that others read otherwise"),
    ],
)
def test_what_others_would_drop_or_read_otherwise_is_refused(path: str, value: Any, reason: str) -> None:
    """Each was found by npm jsonld in safe mode, in `make interop`."""
    document = badge()
    place = document["credentialSubject"]["achievement"] if path == "creditsAvailable" else document
    place[path] = value
    with pytest.raises(MalformedCredential, match=reason):
        canonical_rdf(document)
