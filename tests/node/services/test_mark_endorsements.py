"""A mark as an Open Badges 3.0 endorsement: signed, of the right form, verified, and revoked with the mark."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from zlib import decompress

import pytest
import pytest_asyncio

from node.errors import Conflict, NotFound
from node.services.trust_marks import MarkGrant
from node.storage.repos import status_lists
from protocols.credentials.model import parse_credential
from protocols.credentials.proofs import check_proofs
from protocols.credentials.schema import part_problems, schema_problems
from protocols.dids.parse import parse_document
from protocols.jose.encoding import JsonObject
from protocols.status.bitstring import get_bit
from protocols.trust.mark_scope import MarkScope
from tests.support.federation import DAY
from tests.support.trust_network import COLLEGE, COLLEGE_DID, EMPLOYER, EMPLOYER_DID, Internet, Node, small_network

TYPE = "https://employer.example/marks/accredited"


@pytest_asyncio.fixture
async def internet(tmp_path: Path) -> AsyncIterator[Internet]:
    async with small_network(tmp_path) as internet:
        yield internet


@pytest.fixture
def employer(internet: Internet) -> Node:
    return internet.nodes[EMPLOYER]


async def granted(node: Node, **changes: Any) -> str:
    given: dict[str, Any] = {"trust_mark_type": TYPE, "subject": COLLEGE, "actor": "operator"}
    return (await node.trust_marks.grant(MarkGrant(**{**given, **changes}))).id


def outcomes(document: JsonObject, node: Node) -> list[str]:
    documents = {node.did: parse_document(node.identity.did_document(), node.did)}
    now = node.identity.clock.now()
    results = check_proofs(document, documents, purpose="assertionMethod", now=now, expected_controller=EMPLOYER_DID)
    return [result.outcome for result in results]


async def bits_of(node: Node, document: JsonObject) -> list[bool]:
    """The revocation and suspension bit in the lists that it names, as they are kept."""

    found: list[bool] = []
    for entry in document["credentialStatus"]:
        id = entry["statusListCredential"].rpartition("/")[2]
        row = await node.storage.read(lambda session, id=id: status_lists.get(session, id))
        found.append(get_bit(decompress(row.bits), int(entry["statusListIndex"])))
    return found


async def test_an_accreditation_becomes_an_endorsement_of_its_holder_that_verifies(
    internet: Internet, employer: Node
) -> None:
    now = internet.clock.now()
    scope = MarkScope(
        credential_types=("OpenBadgeCredential", "ceterms:Certificate"),
        jurisdictions=("US-CO",),
        programmes=("52.0301",),
        frameworks=("https://frameworks.example/accounting",),
        accredited_until=now + 365 * DAY,
    )
    made = await employer.mark_endorsements.endorse(await granted(employer, scope=scope, ends_at=now + 800 * DAY))
    credential = parse_credential(made)
    assert (credential.issuer, credential.types) == (EMPLOYER_DID, ("VerifiableCredential", "EndorsementCredential"))
    assert (credential.valid_from, credential.valid_until) == (now, now + 365 * DAY)
    assert made["credentialSubject"] == {
        "id": COLLEGE_DID,
        "type": ["EndorsementSubject"],
        "endorsementComment": "Its status is accredited from 2026-11-24 until 2027-11-24 for credentials of the types "
        "OpenBadgeCredential, ceterms:Certificate; jurisdictions US-CO; programmes 52.0301; frameworks "
        "https://frameworks.example/accounting, by the trust mark https://employer.example/marks/accredited.",
    }
    assert made["evidence"][0]["id"] == (
        f"{EMPLOYER}/federation/trust_mark?trust_mark_type=https%3A%2F%2Femployer.example%2Fmarks%2Faccredited"
        "&sub=https%3A%2F%2Fcollege.example"
    )
    assert (schema_problems(credential), list(part_problems(made, "EndorsementCredential", is_closed=True))) == ((), [])
    assert outcomes(made, employer) == ["yes"]
    widened = {**made, "credentialSubject": {**made["credentialSubject"], "endorsementComment": "It is the best."}}
    assert outcomes(widened, employer) == ["no"]


async def test_a_mark_that_accredits_for_nothing_is_endorsed_as_what_it_is(employer: Node) -> None:
    made = await employer.mark_endorsements.endorse(await granted(employer))
    assert made["name"] == "Trust mark"
    assert "validUntil" not in made
    comment = made["credentialSubject"]["endorsementComment"]
    assert comment == f"It has the trust mark {TYPE} since 2026-11-24."


async def test_what_was_endorsed_is_revoked_with_the_mark(employer: Node) -> None:
    id = await granted(employer)
    first, second = [await employer.mark_endorsements.endorse(id) for _ in range(2)]
    assert first["id"] != second["id"]
    assert first["credentialStatus"] == second["credentialStatus"]
    assert await bits_of(employer, first) == [False, False]
    await employer.trust_marks.revoke(id, "the audit failed", actor="operator")
    assert await bits_of(employer, first) == [True, False]
    with pytest.raises(Conflict):
        await employer.mark_endorsements.endorse(id)


async def test_a_mark_that_is_over_or_was_never_granted_is_not_endorsed(internet: Internet, employer: Node) -> None:
    id = await granted(employer, ends_at=internet.clock.now() + DAY)
    internet.clock.advance(DAY)
    with pytest.raises(Conflict):
        await employer.mark_endorsements.endorse(id)
    with pytest.raises(NotFound):
        await employer.mark_endorsements.endorse("0")
