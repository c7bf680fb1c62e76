"""`/issuer` says what the operator and the network say of this node, in both vocabularies, and nothing else."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from pydantic import ValidationError
from pyld import jsonld

from node.http.issuer import _issuer_page
from node.services.member_listing import place_of
from node.settings.organisation import Organisation
from protocols.credentials import contexts
from tests.support.trust_network import COLLEGE, COLLEGE_DID, EMPLOYER, NETWORK, Internet, Node, small_network

CTID = "ce-6369c51f-2fd1-4f8b-a0d6-1c9a2b3c4d5e"
FACTS = Organisation(
    legal_name="Lakeside Community College District",
    names={"en": "Lakeside College", "es": "Colegio del Lago"},
    previous_names=("Lakeside Junior College",),
    logo="https://college.example/logo.png",
    homepage="https://www.college.example",
    policy="https://www.college.example/policy",
    ror="https://ror.org/0abcdef12",
    ctid=CTID,
    country="US",
    region="Minnesota",
    locality="Duluth",
    email="registrar@college.example",
    phone="+1 218 555 0100",
    dispute_contact="disputes@college.example",
)


@pytest_asyncio.fixture
async def internet(tmp_path: Path) -> AsyncIterator[Internet]:
    async with small_network(tmp_path) as internet:
        yield internet


@pytest.fixture
def college(internet: Internet) -> Node:
    return internet.nodes[COLLEGE]


async def test_everything_that_is_known_stands_there(internet: Internet, college: Node) -> None:
    admitted = internet.clock.now()
    document = await replace(college.issuer, facts=FACTS).document()
    said = {name: document[name] for name in document if name not in ("@context", "ceterms:offers", "ler:verification")}
    since = said["ler:standing"].pop("ler:memberSince")
    assert since <= admitted.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert said == {
        "id": COLLEGE_DID,
        "type": ["Profile", "ceterms:CredentialOrganization"],
        "name": "The college as it calls itself",
        "url": f"{COLLEGE}/issuer",
        "ceterms:name": {"en": "Lakeside College", "es": "Colegio del Lago"},
        "image": {"id": "https://college.example/logo.png", "type": "Image"},
        "email": "registrar@college.example",
        "phone": "+1 218 555 0100",
        "address": {
            "type": ["Address"],
            "addressCountryCode": "US",
            "addressRegion": "Minnesota",
            "addressLocality": "Duluth",
        },
        "ceterms:address": {
            "type": "ceterms:Place",
            "ceterms:addressCountry": "US",
            "ceterms:addressRegion": "Minnesota",
            "ceterms:addressLocality": "Duluth",
        },
        "otherIdentifier": [
            {"type": "IdentifierEntry", "identifier": "https://ror.org/0abcdef12", "identifierType": "ext:ROR"},
            {"type": "IdentifierEntry", "identifier": CTID, "identifierType": "ext:CTID"},
        ],
        "ceterms:ctid": CTID,
        "ceterms:sameAs": "https://ror.org/0abcdef12",
        "ceterms:subjectWebpage": "https://www.college.example",
        "ler:policy": "https://www.college.example/policy",
        "ler:legalName": "Lakeside Community College District",
        "ler:previousName": ["Lakeside Junior College"],
        "ler:disputeContact": "disputes@college.example",
        "ler:standing": {"ler:state": "member"},
    }
    assert document["ler:verification"]["ler:keyHistory"] == f"{COLLEGE}/.well-known/did.json"
    assert document["ler:verification"]["ler:trustAnchor"] == [NETWORK]
    assert place_of(document) == ("Duluth", "Minnesota", "US")


async def test_what_nobody_said_is_not_there(college: Node) -> None:
    document = await college.issuer.document()
    assert document["ceterms:name"] == "The college as it calls itself"
    for name in ("image", "email", "address", "otherIdentifier", "ceterms:ctid", "ler:policy", "ler:disputeContact"):
        assert name not in document


async def test_a_standing_is_the_networks_last_word(internet: Internet, college: Node) -> None:
    await internet.nodes[NETWORK].decide("merged", COLLEGE_DID, successor=EMPLOYER)
    await internet.sync(NETWORK, COLLEGE)
    standing = (await college.issuer.document())["ler:standing"]
    assert (standing["ler:state"], standing["ler:successor"]) == ("merged", EMPLOYER)


async def test_programs_that_read_json_ld_find_every_member_and_names_with_their_language(college: Node) -> None:
    document = await replace(college.issuer, facts=FACTS).document()

    def load(url: str, _: Any) -> dict[str, Any]:
        return {"contextUrl": None, "documentUrl": url, "document": contexts.document(url)}

    (read,) = jsonld.expand(document, {"documentLoader": load})
    names = read["https://purl.org/ctdl/terms/name"]
    assert {"@language": "es", "@value": "Colegio del Lago"} in names
    (place,) = read["https://purl.org/ctdl/terms/address"]
    assert place["https://purl.org/ctdl/terms/addressLocality"] == [{"@value": "Duluth"}]
    (standing,) = read["https://w3id.org/ler-exchange/terms#standing"]
    assert standing["https://w3id.org/ler-exchange/terms#state"] == [{"@value": "member"}]
    assert read["https://purl.imsglobal.org/spec/vc/ob/vocab.html#address"]


async def test_people_read_the_same_and_what_was_typed_in_is_only_shown(college: Node) -> None:
    probe = "<script>alert(1)</script>"
    facts = replace_facts(legal_name=probe, names={"en": probe}, dispute_contact=f"javascript:{probe}", region=probe)
    page = _issuer_page(await replace(college.issuer, facts=facts).document())
    assert "<script" not in page
    assert 'href="javascript' not in page
    for text in ("Who it is", "Duluth", "registrar@college.example", "Lakeside Junior College", "Member since"):
        assert text in page
    assert "Who it is" in _issuer_page(await college.issuer.document())


def replace_facts(**changes: object) -> Organisation:
    return Organisation.model_validate({**FACTS.model_dump(), **changes})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("logo", "http://college.example/logo.png"),
        ("homepage", "javascript:alert(1)"),
        ("policy", "https://"),
        ("ror", "https://ror.org/1234"),
        ("ctid", "6369c51f"),
        ("country", "usa"),
        ("email", "nobody"),
        ("phone", "call me"),
        ("names", {"English!": "x"}),
        ("names", {"en": ""}),
        ("legal_name", "x" * 201),
        ("colour", "red"),
    ],
)
def test_a_fact_of_another_form_is_refused(name: str, value: object) -> None:
    with pytest.raises(ValidationError):
        Organisation.model_validate({name: value})
