"""An SD-JWT VC through the whole numbered check at a member's node: a report like any other, and its attacks."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from node.http.report_page import report_page
from node.services.signature_evidence import Brought
from protocols.credentials.contexts import CREDENTIALS_V2
from protocols.credentials.enveloped import as_envelope
from protocols.credentials.proofs import add_proof
from protocols.dids.key import did_key
from protocols.jose.keys import PrivateKey
from protocols.verification.report import parse_report
from protocols.verification.why import why
from tests.support.badges import key_of
from tests.support.envelopes import digest_of, disclosure, forge, parts_of, resigned
from tests.support.findings import faults, one
from tests.support.sd_jwt_story import AUDIENCE, COLLEGE_DID, HOLDER, HOLDER_DID, KEPT_AS, NONCE, Story, sd_jwt_story

pytestmark = pytest.mark.asyncio(loop_scope="module")
PARSED, PROOF, SIGNED = "parsed within limits", "proof", "signed by its issuer"
BINDING, ABOUT = "key binding", "presented by the one it is about"
STANDING = "issuer standing as of signing"
STRANGER = key_of("did:web:stranger.example")
FORGED = [(4, PROOF, "no"), (4, SIGNED, "no")]
UNREAD = [(1, PARSED, "no"), *FORGED, (5, "dates", "could_not_tell"), (7, STANDING, "no")]
UNBOUND = [(8, BINDING, "no"), (8, ABOUT, "no")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def story(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Story]:
    async with sd_jwt_story(tmp_path_factory.mktemp("sd-jwt")) as made:
        yield made


async def test_one_that_holds_is_verified_and_what_does_not_arise_says_why(story: Story) -> None:
    report = await story.report(story.shown(), statuses={})
    assert (report["verdict"], faults(report)) == ("verified", [])
    assert {(check["number"], check["name"]): check["outcome"] for check in report["checks"]} == {
        (1, PARSED): "yes",
        (2, "known contexts and terms"): "not_applicable",
        (3, "schema"): "not_applicable",
        (4, PROOF): "yes",
        (4, SIGNED): "yes",
        (5, "dates"): "yes",
        (6, "status: status_list"): "yes",
        (7, STANDING): "yes",
        (7, "accreditation of its issuer"): "not_applicable",
        (8, BINDING): "yes",
        (8, ABOUT): "yes",
        (9, "embedded credentials and endorsements"): "not_applicable",
        (10, "skills as its issuer publishes them"): "not_applicable",
    }
    assert one(report, 2, "known contexts and terms")["reason"] == (
        "an SD-JWT VC has no contexts: its claims mean what its type, vct, says"
    )
    assert one(report, 1, PARSED)["evidence"]["disclosed"] == 2
    assert (report["subject"], report["issuer"]["did"], report["issuer"]["standing"]) == (
        HOLDER_DID,
        COLLEGE_DID,
        "yes",
    )
    assert report["status"] == {"list": KEPT_AS.partition("#")[0], "fetched_at": _time(story), "freshness": "fresh"}
    assert {claim["path"]: claim["provenance"] for claim in report["claims"]} == {
        "/credentialSubject": "known_issuer",
        "/given_name": "known_issuer",
    }


async def test_its_report_is_a_page_and_has_a_why_like_any_other(story: Story) -> None:
    good = await story.report(story.shown(), statuses={})
    assert parse_report(json.loads(json.dumps(good))).to_json() == good
    page = report_page(good)
    assert [name for check in good["checks"] if (name := check["name"]) not in page] == []
    bad = parse_report(await story.report(story.shown(nonce="another"), statuses={}))
    [cause] = why(bad).because
    assert (cause.finding.name, [inner.finding.name for inner in cause.causes]) == (ABOUT, [BINDING])
    assert "another challenge" in cause.causes[0].finding.reason


async def test_alone_with_nothing_asked_nobody_is_its_presenter(story: Story) -> None:
    bare = await story.report(story.issued(), {}, statuses={})
    assert (bare["verdict"], one(bare, 8, ABOUT)["outcome"]) == ("verified", "not_applicable")
    unasked = await story.report(story.shown(nonce="for somebody else"), {}, statuses={})
    assert (one(unasked, 8, BINDING)["outcome"], one(unasked, 8, ABOUT)["outcome"]) == ("yes", "not_applicable")
    assert "Nothing was set here" in one(unasked, 8, BINDING)["reason"]


async def test_revoked_is_no_and_a_list_that_is_not_at_hand_is_could_not_tell(story: Story) -> None:
    revoked = await story.report(story.shown(), statuses={7: 1})
    assert (revoked["verdict"], faults(revoked)) == ("not_verified", [(6, "status: status_list", "no")])
    other = await story.report(story.shown(), statuses={8: 1})
    assert other["verdict"] == "verified"
    missing = await story.report(story.shown())
    assert (missing["verdict"], [fault[::2] for fault in faults(missing)]) == (
        "could_not_tell",
        [(6, "could_not_tell")],
    )


def _time(story: Story) -> str:
    return story.now.isoformat().replace("+00:00", "Z")


def _unbound(story: Story, header: dict[str, Any] | None = None, **changes: Any) -> str:
    """The college's token with nothing to disclose and its payload changed, signed as it then is; None removes."""
    made, payload, _ = parts_of(story.issued(disclosable=[]).partition("~")[0])
    merged = {name: value for name, value in {**payload, **changes}.items() if value is not None}
    return forge({**made, **(header or {})}, merged, story.signer) + "~"


def _signed(story: Story, header: dict[str, Any] | None = None, **changes: Any) -> str:
    """The same, bound by its holder to whoever asked."""
    return story.shown(_unbound(story, header, **changes), disclose=[])


def _altered_disclosure(story: Story) -> str:
    token, *shown, binding = story.shown().split("~")
    return "~".join((token, disclosure("c2FsdA", "given_name", "Eve"), *shown[1:], binding))


def _twice(story: Story) -> str:
    token, first, *rest = story.shown().split("~")
    return "~".join((token, first, first, *rest))


def _reserved(name: str, value: Any) -> Callable[[Story], str]:
    """A claim that stands open, put in by a disclosure that the issuer's token has a digest of."""

    def made(story: Story) -> str:
        shown = disclosure("c2FsdA", name, value)
        return _unbound(story, _sd=[digest_of(shown)], **{name: None}) + f"{shown}~"

    return made


def _withheld(name: str) -> Callable[[Story], str]:
    """The same claim only as a digest, its disclosure kept back."""

    def made(story: Story) -> str:
        hidden = digest_of(disclosure("c2FsdA", name, story.issued()))
        return _unbound(story, _sd=[hidden], **{name: None})

    return made


def _digest_twice(story: Story) -> str:
    digest = digest_of(disclosure("c2FsdA", "x", 1))
    return _unbound(story, _sd=[digest, digest])


def _unsigned(story: Story) -> str:
    token = _unbound(story, {"alg": "none"}).partition("~")[0]
    return story.shown(resigned(token, b"") + "~", disclose=[])


def _other_disclosures(story: Story) -> str:
    token, first, second, _ = story.shown().split("~")
    binding = story.shown(disclose=[("given_name",)]).rpartition("~")[2]
    return "~".join((token, first, second, binding))


ATTACKS: dict[str, tuple[Callable[[Story], str], list[tuple[int, str, str]]]] = {
    "altered disclosure": (_altered_disclosure, UNREAD),
    "disclosure twice": (_twice, UNREAD),
    "digest twice": (_digest_twice, UNREAD),
    "a claim that must stand open is withheld": (_withheld("vct"), UNREAD),
    "typ of another token": (lambda story: _signed(story, header={"typ": "vc+jwt"}), FORGED),
    "_sd_alg that is no hash": (lambda story: _unbound(story, _sd_alg=["sha-256"]), UNREAD),
    "vct absent": (lambda story: _unbound(story, vct=None), UNREAD),
    "vct that is no URI": (lambda story: _signed(story, vct="a: b"), UNREAD),
    "alg none": (_unsigned, FORGED),
    "iss of another": (
        lambda story: _signed(story, iss=HOLDER_DID),
        [*FORGED, (6, "status: status_list", "could_not_tell"), (7, STANDING, "no")],
    ),
    "signed by another": (
        lambda story: story.shown(story.issued(signer=STRANGER.named(story.signer.kid))),
        FORGED,
    ),
    "iss by disclosure": (_reserved("iss", COLLEGE_DID), UNREAD),
    "exp by disclosure": (_reserved("exp", 4_000_000_000), UNREAD),
    "vct by disclosure": (_reserved("vct", "x"), UNREAD),
    "cnf by disclosure": (_reserved("cnf", {}), UNREAD),
    "status by disclosure": (_reserved("status", {}), UNREAD),
    "expired": (
        lambda story: _signed(story, exp=story.at(seconds=-1)),
        [*FORGED, (5, "dates", "no")],
    ),
    "not valid yet": (lambda story: _signed(story, nbf=story.at(days=1)), [*FORGED, (5, "dates", "no")]),
    "of the future": (lambda story: _signed(story, iat=story.at(days=1)), [*FORGED, (7, STANDING, "could_not_tell")]),
    "no key binding": (lambda story: story.issued(), UNBOUND),
    "another nonce": (lambda story: story.shown(nonce="n-1"), UNBOUND),
    "another audience": (lambda story: story.shown(audience="https://other.example"), UNBOUND),
    "other disclosures": (_other_disclosures, UNBOUND),
    "too old a key binding": (
        lambda story: story.shown(story.issued(), signed_at=story.now - timedelta(days=2)),
        UNBOUND,
    ),
    "another's key": (lambda story: story.shown(by=STRANGER), UNBOUND),
    "bound to nobody": (lambda story: story.shown(story.issued(holder=None)), UNBOUND),
}


@pytest.mark.parametrize("attack", ATTACKS)
async def test_one_that_must_not_be_believed_is_not_verified(story: Story, attack: str) -> None:
    made, expected = ATTACKS[attack]
    verdict, found = await story.answer(made(story))
    assert (verdict, found) == ("not_verified", expected)


@pytest.mark.parametrize(
    ("changes", "number"),
    [({"_sd_alg": "sha3-256"}, 1), ({"header": {"x5c": ["MIIB"]}}, 4), ({"iss": "https://college.example"}, 4)],
    ids=["_sd_alg not known here", "x5c", "issuer by metadata"],
)
async def test_what_is_not_looked_at_here_is_could_not_tell(story: Story, changes: dict[str, Any], number: int) -> None:
    report = await story.report(_unbound(story, **changes), {}, statuses={})
    assert (report["verdict"], {outcome for _, _, outcome in faults(report)}) == ("could_not_tell", {"could_not_tell"})
    assert faults(report)[0][0] == number


async def test_a_badge_in_linked_data_has_its_terms_checked_and_its_skills_offered(story: Story) -> None:
    contexts = [CREDENTIALS_V2, "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"]
    ld = {"@context": contexts, "type": ["VerifiableCredential", "OpenBadgeCredential"], "name": "x"}
    good = await story.report(_signed(story, vct="https://college.example/types/1", ld=ld), statuses={})
    assert (good["verdict"], one(good, 2, "known contexts and terms")["outcome"]) == ("verified", "yes")
    bad = await story.report(_signed(story, ld={**ld, "madeUp": 1}), statuses={})
    assert faults(bad) == [(2, "known contexts and terms", "no")]


async def test_a_type_that_its_issuer_is_not_registered_for_is_no(story: Story) -> None:
    verdict, found = await story.answer(_signed(story, vct="https://college.example/types/driver"))
    assert (verdict, found) == ("not_verified", [(7, STANDING, "no")])


async def test_within_a_presentation_its_signer_has_to_have_the_key(story: Story) -> None:
    def presented(by: PrivateKey) -> dict[str, Any]:
        did = did_key(by.public)
        document = {
            "@context": [CREDENTIALS_V2],
            "type": ["VerifiablePresentation"],
            "holder": did,
            "verifiableCredential": [as_envelope(story.issued())],
        }
        signer = by.named(f"{did}#{did.removeprefix('did:key:')}")
        options: dict[str, Any] = {"signer": signer, "purpose": "authentication", "created": story.now}
        return add_proof(document, suite="eddsa-jcs-2022", **options, challenge=NONCE, domain=AUDIENCE)

    async def found(by: PrivateKey) -> list[tuple[int, str, str]]:
        brought = Brought(snapshots={KEPT_AS: await story.snapshot({})})
        made = await story.verification.report_on_presentation(
            presented(by), "report-1", brought, challenge=NONCE, domain=AUDIENCE
        )
        return faults(made.to_json())

    assert await found(HOLDER) == []
    assert await found(STRANGER) == [(8, ABOUT, "no")]
