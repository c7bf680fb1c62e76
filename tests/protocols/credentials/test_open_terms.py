"""Documents that bring terms of their own: what they may add, and that nothing can be hidden or twisted by them."""

from typing import Any

import pytest

from protocols.credentials.canonical import Reading, canonical_rdf
from protocols.credentials.contexts import FOR_EXAMPLES, OPEN, OPEN_BADGES, ContextUnknown
from protocols.credentials.rdf import processor
from protocols.errors import MalformedCredential, ProtocolError
from tests.support.badges import LEARNER

READING = Reading(contexts=OPEN)
V1 = "https://www.w3.org/2018/credentials/v1"
V2 = "https://www.w3.org/ns/credentials/v2"


def with_terms(*contexts: Any, base: str = V2, **members: Any) -> dict[str, Any]:
    return {
        "@context": [base, *contexts],
        "type": ["VerifiableCredential"],
        "issuer": "did:example:issuer",
        "credentialSubject": {"id": LEARNER},
        **members,
    }


def test_a_document_names_what_no_pinned_context_names() -> None:
    terms = {
        "@protected": True,
        "SailingCredential": "urn:example:SailingCredential",
        "Sailing": {
            "@id": "urn:example:Sailing",
            "@context": {
                "@protected": True,
                "id": "@id",
                "type": "@type",
                "sails": {"@id": "urn:example:sails", "@context": {"size": "urn:example:size"}},
            },
        },
        "achievements": {"@id": "urn:example:achievements", "@type": "@id"},
    }
    document = with_terms(
        terms,
        type=["VerifiableCredential", "SailingCredential"],
        credentialSubject={"id": LEARNER, "achievements": [{"type": "Sailing", "sails": [{"size": 5.5}]}]},
    )
    lines = canonical_rdf(document, READING).decode().splitlines()
    assert lines == [
        f"<{LEARNER}> <urn:example:achievements> _:c14n0 .",
        "_:c14n0 <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <urn:example:Sailing> .",
        "_:c14n0 <urn:example:sails> _:c14n2 .",
        "_:c14n1 <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> "
        "<https://www.w3.org/2018/credentials#VerifiableCredential> .",
        "_:c14n1 <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <urn:example:SailingCredential> .",
        f"_:c14n1 <https://www.w3.org/2018/credentials#credentialSubject> <{LEARNER}> .",
        "_:c14n1 <https://www.w3.org/2018/credentials#issuer> <did:example:issuer> .",
        '_:c14n2 <urn:example:size> "5.5E0"^^<http://www.w3.org/2001/XMLSchema#double> .',
    ]


def test_one_term_may_have_the_iri_that_a_context_not_in_use_gives_to_another() -> None:
    document = with_terms(
        {"label": "https://schema.org/name"},
        base=V1,
        issuanceDate="2024-01-01T00:00:00Z",
        credentialSubject={"id": LEARNER, "label": "Somebody"},
    )
    assert f'<{LEARNER}> <https://schema.org/name> "Somebody" .' in canonical_rdf(document, READING).decode()


@pytest.mark.parametrize("url", sorted(FOR_EXAMPLES))
def test_the_contexts_of_examples_are_in_force_here_and_nowhere_else(url: str) -> None:
    document = with_terms(url, base=V1, issuanceDate="2024-01-01T00:00:00Z")
    if "2018" not in url and "odrl" not in url:
        document = with_terms(url)
    assert canonical_rdf(document, READING)
    with pytest.raises(ContextUnknown):
        canonical_rdf(document)


def test_an_inline_context_is_not_read_where_the_node_decides_what_a_credential_says() -> None:
    with pytest.raises(MalformedCredential, match="an inline context"):
        canonical_rdf(with_terms({"sail": "urn:example:sail"}))


TWISTED: dict[str, Any] = {
    "a second spelling of a term": {"state": "https://www.w3.org/2018/credentials#credentialStatus"},
    "a second spelling of a term of Open Badges, deep within": {
        "feat": "https://purl.imsglobal.org/spec/vc/ob/vocab.html#achievement"
    },
    "a second spelling by a vocabulary": {"@vocab": "https://www.w3.org/2018/credentials#"},
    "a second spelling within a term": {
        "Sail": {
            "@id": "urn:example:Sail",
            "@context": {"state": "https://www.w3.org/2018/credentials#credentialStatus"},
        }
    },
    "another name for id": {"self": "@id"},
    "another name for type": {"kind": {"@id": "@type"}},
    "another name for a graph": {"inside": "@graph"},
    "a prefix, which changes what identifiers are": {"did": "https://evil.example/"},
    "a prefix by name": {"did": {"@id": "https://evil.example/x", "@prefix": True}},
    "a term without meaning, which drops what it names": {"sail": None},
    "a term that means nothing here, by its id": {"sail": {"@id": None}},
    "a term with an id that is no IRI": {"sail": "sail"},
    "another meaning for a term of another place": {"credentialSubject": "urn:example:other"},
    "a protected type": {"VerifiableCredential": "urn:example:other"},
    "a reversed term": {"of": {"@reverse": "urn:example:has"}},
    "a nested term": {"nest": "@nest"},
    "another base": {"@base": "https://evil.example/"},
    "a language for all": {"@language": "en"},
    "an import": {"@import": V2},
    "an index": {"of": {"@id": "urn:example:of", "@container": "@index"}},
    "a graph": {"of": {"@id": "urn:example:of", "@container": "@graph"}},
    "a context within that is fetched": {"of": {"@id": "urn:example:of", "@context": "https://evil.example/c"}},
    "a context within that is no context": {"of": {"@id": "urn:example:of", "@context": 5}},
    "a number": {"of": 5},
    "a list": {"of": ["urn:example:of"]},
}


@pytest.mark.parametrize("twist", TWISTED)
def test_an_inline_context_cannot_hide_or_twist(twist: str) -> None:
    with pytest.raises(MalformedCredential):
        canonical_rdf(with_terms(OPEN_BADGES, TWISTED[twist]), READING)


@pytest.mark.parametrize(
    "context",
    [
        [{"sail": "urn:example:sail"}, V2],
        [{"sail": "urn:example:sail"}],
        [V2, 5],
        [V2, ["https://x.example"]],
        [V2, None],
    ],
    ids=("before the base context", "alone", "a number", "a list", "null"),
)
def test_the_base_context_comes_first_and_each_is_a_url_or_an_object(context: Any) -> None:
    with pytest.raises(ProtocolError):
        canonical_rdf({**with_terms(), "@context": context}, READING)


def test_an_inline_context_deeper_than_the_document_is_refused() -> None:
    subject = {"id": LEARNER, "@context": {"sail": "urn:example:sail"}, "sail": "Osprey"}
    with pytest.raises(MalformedCredential, match="an inline context"):
        canonical_rdf(with_terms(credentialSubject=subject), READING)


def test_what_strangers_write_is_not_kept() -> None:
    def kept() -> int:
        return len(processor.pyld_options(OPEN)["contextResolver"].shared_cache)

    canonical_rdf(with_terms({"sail0": "urn:example:sail"}), READING)
    before = kept()
    for number in range(1, 8):
        canonical_rdf(with_terms({f"sail{number}": "urn:example:sail"}), READING)
    assert kept() == before
