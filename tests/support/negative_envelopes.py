"""Envelopes that must not be believed, each named by what is wrong with it, with the reason that has to be given."""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from protocols.credentials.contexts import CREDENTIALS_V2
from protocols.credentials.enveloped import Kind, Opened, wrap
from protocols.dids.document import DidDocument
from protocols.jose.encoding import b64url_encode
from tests.support.badges import COLLEGE, DOCUMENTS, LEARNER, NOW, SIGNED, STRANGER, badge, document_of, key_of
from tests.support.envelopes import (
    AUDIENCE,
    EC,
    JWT_HEADER,
    NONCE,
    SALT,
    SD_HEADER,
    STATUS,
    VC_HEADER,
    VP_HEADER,
    digest_of,
    disclosure,
    forge,
    jwt_vc_payload,
    opened,
    parts_of,
    presentation,
    presented,
    resigned,
    sd_jwt,
    sd_payload,
    vc_jwt,
    vc_payload,
    vp_payload,
    w3c_sd_jwt,
)

FITS_NOT = "The signature does not fit: the document or the proof was changed after signing."
UNREADABLE = "The document cannot be read as signed: "
PRESENTED = {"purpose": "authentication", "expected_controller": LEARNER, "challenge": NONCE, "domain": AUDIENCE}
BOUND = {"challenge": NONCE, "domain": AUDIENCE}
DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Negative:
    """One envelope, how it is asked about, and the answer."""

    name: str
    value: Any
    reason: str
    outcome: str = "no"
    documents: Mapping[str, DidDocument] = field(default_factory=lambda: DOCUMENTS)
    options: Mapping[str, Any] = field(default_factory=dict)

    def open(self) -> Opened:
        return opened(self.value, self.documents, **self.options)

    def answer(self) -> tuple[str, str]:
        """The first answer that is not yes, else the last."""
        results = self.open().results
        result = next((result for result in results if result.outcome != "yes"), results[-1])
        return result.outcome, result.reason


def _case(name: str, value: Any, reason: str, **more: Any) -> Negative:
    return Negative(name=name, value=value, reason=reason, **more)


def _at(at: datetime) -> int:
    return int(at.timestamp())


def _headers() -> Iterator[Negative]:
    none = b64url_encode(json.dumps({**VC_HEADER, "alg": "none"}).encode())
    body = b64url_encode(json.dumps(vc_payload()).encode())
    yield _case("alg none without signature", f"{none}.{body}.", "The algorithm none is no signature.")
    spelled = forge(VC_HEADER, vc_payload(), alg="nOnE")
    yield _case("alg none in odd letters", spelled, "The algorithm nOnE is no signature.")
    hs256 = b64url_encode(json.dumps({**VC_HEADER, "alg": "HS256"}).encode())
    mac = hmac.new(key_of(COLLEGE).public.raw, f"{hs256}.{body}".encode(), hashlib.sha256).digest()
    keyed = f"{hs256}.{body}.{b64url_encode(mac)}"
    yield _case("HS256 with the public key as secret", keyed, "The algorithm HS256 is no signature.")
    yield _case("alg missing", forge(VC_HEADER, vc_payload(), alg=None), "The algorithm None is no signature.")
    yield _case("alg a list", forge(VC_HEADER, vc_payload(), alg=["EdDSA"]), "The algorithm ['EdDSA'] is no signature.")
    yield _case(
        "alg of another family",
        forge(VC_HEADER, vc_payload(), alg="RS256"),
        "The token is signed with RS256, known are EdDSA, Ed25519, ES256, ES384.",
        outcome="could_not_tell",
    )
    yield _case(
        "alg of another curve than the key's",
        forge(VC_HEADER, vc_payload(), alg="ES256"),
        "The key is of curve Ed25519, which ES256 does not use.",
    )
    yield _case(
        "alg ES256 with a P-384 key",
        forge(VC_HEADER, vc_payload(), key_of(COLLEGE, crv="P-384"), alg="ES256"),
        "The key is of curve P-384, which ES256 does not use.",
        documents=EC["P-384"],
    )
    yield _case(
        "alg ES512",
        forge(VC_HEADER, vc_payload(), key_of(COLLEGE, crv="P-521"), alg="ES512"),
        "The token is signed with ES512, known are EdDSA, Ed25519, ES256, ES384.",
        outcome="could_not_tell",
        documents=EC["P-521"],
    )
    types = "expected one of vc+jwt, vp+jwt, dc+sd-jwt, vc+sd-jwt."
    yield _case(
        "typ of an access token", forge(VC_HEADER, vc_payload(), typ="at+jwt"), f"The token is of type at+jwt, {types}"
    )
    yield _case(
        "typ of a consent record",
        forge(VC_HEADER, vc_payload(), typ="entity-statement+jwt"),
        f"The token is of type entity-statement+jwt, {types}",
    )
    yield _case("typ missing", forge(VC_HEADER, vc_payload(), typ=None), f"The token is of type none, {types}")
    yield _case(
        "typ JWT around data model 2.0",
        forge(VC_HEADER, vc_payload(**{"@context": [CREDENTIALS_V2]}), typ="JWT"),
        f"The token is of type jwt, {types}",
    )
    yield _case("typ a number", forge(VC_HEADER, vc_payload(), typ=7), f"The token is of type none, {types}")
    yield _case(
        "cty of a presentation",
        forge(VC_HEADER, vc_payload(), cty="vp"),
        "The token says that it holds something else than vc.",
    )
    critical = UNREADABLE + "a critical header that is not understood: crit or b64."
    yield _case("crit", forge(VC_HEADER, vc_payload(), crit=["exp"]), critical)
    yield _case("crit empty", forge(VC_HEADER, vc_payload(), crit=[]), critical)
    yield _case("b64 false", forge(VC_HEADER, vc_payload(), b64=False, crit=["b64"]), critical)
    yield _case("b64 false without crit", forge(VC_HEADER, vc_payload(), b64=False), critical)
    mallory = key_of(STRANGER)
    own = "The token brings its own key along in "
    yield _case(
        "jwk embedded and used", forge(VC_HEADER, vc_payload(), mallory, jwk=mallory.public.to_jwk()), f"{own}jwk."
    )
    yield _case(
        "jwk embedded without kid",
        forge(VC_HEADER, vc_payload(), mallory, jwk=mallory.public.to_jwk(), kid=None),
        f"{own}jwk.",
    )
    yield _case("jku", forge(VC_HEADER, vc_payload(), jku="https://stranger.example/jwks"), f"{own}jku.")
    yield _case("x5u", forge(VC_HEADER, vc_payload(), x5u="https://stranger.example/x5u"), f"{own}x5u.")
    yield _case(
        "x5c",
        forge(VC_HEADER, vc_payload(), x5c=["MIIB"]),
        "The key is certified by X.509, which is not looked at here.",
        outcome="could_not_tell",
    )
    yield _case(
        "x5c with alg none",
        forge(VC_HEADER, vc_payload(), x5c=["MIIB"], alg="none"),
        "The algorithm none is no signature.",
    )
    yield _case(
        "iss in the header of another",
        forge(VC_HEADER, vc_payload(), iss=STRANGER),
        UNREADABLE + "iss in the header differs from the claim.",
    )
    yield _case(
        "header too large", forge(VC_HEADER, vc_payload(), pad="x" * 20_000), UNREADABLE + "a header too large."
    )


def _keys() -> Iterator[Negative]:
    token = forge(VC_HEADER, vc_payload(), key_of(STRANGER), kid=f"{STRANGER}#key-1")
    belongs = f"The key belongs to {STRANGER}, but {COLLEGE} had to sign."
    yield _case("kid of another DID", token, belongs)
    yield _case("kid of another DID, any controller taken", token, belongs, options={"expected_controller": None})
    yield _case(
        "issuer is the expected one's impersonator",
        forge(VC_HEADER, vc_payload(issuer=STRANGER), key_of(STRANGER), kid=f"{STRANGER}#key-1"),
        belongs,
    )
    yield _case(
        "issuer claimed by the expected controller's key",
        forge(VC_HEADER, vc_payload(issuer=STRANGER)),
        f"The key belongs to {COLLEGE}, but {STRANGER} is the issuer.",
    )
    yield _case("kid of the issuer, signed by another", forge(VC_HEADER, vc_payload(), key_of(STRANGER)), FITS_NOT)
    gone = f"The key is not in the DID document of {COLLEGE}."
    yield _case("kid not in the document", forge(VC_HEADER, vc_payload(), kid=f"{COLLEGE}#key-9"), gone)
    unnamed = "The proof does not name its key by a DID URL."
    yield _case("kid a thumbprint", forge(VC_HEADER, vc_payload(), kid=key_of(COLLEGE).public.thumbprint), unnamed)
    yield _case("kid a DID without fragment", forge(VC_HEADER, vc_payload(), kid=COLLEGE), unnamed)
    yield _case("kid a web address", forge(VC_HEADER, vc_payload(), kid="https://college.example#key-1"), unnamed)
    yield _case("kid a list", forge(VC_HEADER, vc_payload(), kid=[f"{COLLEGE}#key-1"]), unnamed)
    yield _case("kid empty", forge(VC_HEADER, vc_payload(), kid=""), unnamed)
    wrong = {COLLEGE: document_of(COLLEGE, "authentication")}
    yield _case("key not for assertions", vc_jwt(), "The key is not authorised for assertionMethod.", documents=wrong)
    yield _case(
        "key not for authentication",
        forge(VP_HEADER, vp_payload(), key_of(LEARNER)),
        "The key is not authorised for authentication.",
        documents={LEARNER: document_of(LEARNER, "assertionMethod")},
        options=PRESENTED,
    )
    yield _case(
        "key controlled by another",
        vc_jwt(),
        f"The key is controlled by {STRANGER}, not by {COLLEGE}.",
        documents={COLLEGE: document_of(COLLEGE, controller=STRANGER)},
    )
    yield _case(
        "DID document not at hand",
        vc_jwt(),
        f"The DID document of {COLLEGE} is not available here.",
        outcome="could_not_tell",
        documents={},
    )
    yield _case(
        "key rotated out before",
        vc_jwt(),
        "The key was rotated out at 2026-05-31T09:00:00Z, before the proof's date.",
        documents={COLLEGE: document_of(COLLEGE, expires=SIGNED - DAY)},
    )
    yield _case(
        "key revoked before",
        vc_jwt(),
        "The key was revoked at 2026-05-31T09:00:00Z, before the proof's date.",
        documents={COLLEGE: document_of(COLLEGE, revoked=SIGNED - DAY)},
    )
    yield _case(
        "key revoked since",
        vc_jwt(),
        "The key was revoked at 2026-06-02T09:00:00Z; that the proof is older is only its signer's word.",
        outcome="could_not_tell",
        documents={COLLEGE: document_of(COLLEGE, revoked=SIGNED + DAY)},
    )
    yield _case(
        "undated token under a key that expired",
        forge(VC_HEADER, vc_payload(iat=None)),
        "The key was rotated out at 2026-06-02T09:00:00Z, before the proof's date.",
        documents={COLLEGE: document_of(COLLEGE, expires=SIGNED + DAY)},
    )


def _signatures() -> Iterator[Negative]:
    token = vc_jwt()
    header, payload, signature = token.split(".")
    _, _, raw = parts_of(token)
    changed = b64url_encode(json.dumps(vc_payload(name="Brain surgery")).encode())
    yield _case("payload altered", f"{header}.{changed}.{signature}", FITS_NOT)
    other = b64url_encode(json.dumps({**VC_HEADER, "x": 1}).encode())
    yield _case("header altered", f"{other}.{payload}.{signature}", FITS_NOT)
    yield _case("signature truncated", resigned(token, raw[:-1]), FITS_NOT)
    yield _case("signature empty", f"{header}.{payload}.", FITS_NOT)
    yield _case("signature zero", resigned(token, bytes(64)), FITS_NOT)
    yield _case("signature with a byte more", resigned(token, raw + b"\0"), FITS_NOT)
    ec = vc_jwt(signer=key_of(COLLEGE, crv="P-256"))
    _, _, raw = parts_of(ec)
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    yield _case("ECDSA signature in DER", resigned(ec, der), FITS_NOT, documents=EC["P-256"])
    yield _case("ECDSA signature zero", resigned(ec, bytes(64)), FITS_NOT, documents=EC["P-256"])
    yield _case("ECDSA signature truncated", resigned(ec, raw[:63]), FITS_NOT, documents=EC["P-256"])
    yield _case("ECDSA halves swapped", resigned(ec, raw[32:] + raw[:32]), FITS_NOT, documents=EC["P-256"])


def _texts() -> Iterator[Negative]:
    token = vc_jwt()
    header, payload, signature = token.split(".")
    alphabet = UNREADABLE + "not base64url."
    canonical = UNREADABLE + "not canonical base64url."
    yield _case("padding in the signature", f"{token}==", canonical)
    yield _case("padding in the header", f"{header}=.{payload}.{signature}", canonical)
    yield _case("whitespace before", f" {token}", alphabet)
    yield _case("newline after", f"{token}\n", alphabet)
    yield _case("newline in the payload", f"{header}.{payload[:4]}\n{payload[4:]}.{signature}", alphabet)
    yield _case("plain base64 alphabet", f"{header}.{payload}.{signature[:-2]}+/", canonical)
    loose = signature[:-1] + {"A": "B", "Q": "R", "g": "h", "w": "x"}[signature[-1]]
    yield _case("last character not canonical", f"{header}.{payload}.{loose}", canonical)
    yield _case("two parts", f"{header}.{payload}", UNREADABLE + "not a compact JWS: 2 parts.")
    yield _case("five parts", f"{token}.a.b", UNREADABLE + "not a compact JWS: 5 parts.")
    yield _case("letters of another script", token + "é", UNREADABLE + "not a compact JWS: 3 parts.")
    yield _case("nothing", "", UNREADABLE + "not a compact JWS: 1 parts.")
    twice = UNREADABLE + "a name stands twice in a JSON object."
    doubled = json.dumps(VC_HEADER)[:-1] + ', "alg": "none"}'
    yield _case("a member twice in the header", forge(doubled, vc_payload()), twice)
    doubled = json.dumps(vc_payload())[:-1] + f', "issuer": "{STRANGER}"}}'
    yield _case("a member twice in the payload", forge(VC_HEADER, doubled), twice)
    yield _case("payload a list", forge(VC_HEADER, "[]"), UNREADABLE + "not a JSON object: list.")
    yield _case(
        "payload not JSON",
        forge(VC_HEADER, "{"),
        UNREADABLE + "not JSON: Expecting property name enclosed in double quotes at character 1.",
    )
    yield _case("payload with NaN", forge(VC_HEADER, '{"exp": NaN}'), UNREADABLE + "NaN or Infinity.")
    yield _case(
        "payload nested too deeply",
        forge(VC_HEADER, '{"a":' * 40 + "1" + "}" * 40),
        UNREADABLE + "JSON nested too deeply.",
    )
    large = forge(VC_HEADER, vc_payload(name="x" * 280_000))
    yield _case("credential too large", large, UNREADABLE + "a document too large: 281027 bytes.")
    huge = "a" * 500_000 + ".a.a"
    yield _case("header of half a megabyte", huge, UNREADABLE + "a header too large.")
    yield _case(
        "token too large",
        forge(VC_HEADER, vc_payload(name="x" * 400_000)),
        UNREADABLE + "a JWS too large: 535003 characters.",
    )


def _claims() -> Iterator[Negative]:
    contradicts = " contradicts the document."
    yield _case(
        "iss is not the issuer", forge(VC_HEADER, vc_payload(iss=STRANGER)), UNREADABLE + "the claim iss" + contradicts
    )
    yield _case(
        "jti is not the id", forge(VC_HEADER, vc_payload(jti="urn:uuid:0")), UNREADABLE + "the claim jti" + contradicts
    )
    yield _case(
        "sub is not the subject", forge(VC_HEADER, vc_payload(sub=STRANGER)), UNREADABLE + "the claim sub" + contradicts
    )
    yield _case(
        "a vc claim beside data model 2.0",
        forge(VC_HEADER, vc_payload(vc={})),
        UNREADABLE + "a vc claim in a token of data model 2.0.",
    )
    yield _case(
        "data model 2.0 within a vc claim",
        forge(VC_HEADER, {"iss": COLLEGE, "vc": badge()}),
        UNREADABLE + "a vc claim in a token of data model 2.0.",
    )
    yield _case("expired", vc_jwt(expires_at=NOW), "The proof expired at 2026-11-24T12:00:00Z.")
    yield _case(
        "nbf in the future",
        forge(VC_HEADER, vc_payload(nbf=_at(NOW + DAY))),
        "The token is not to be accepted before 2026-11-25T12:00:00Z.",
    )
    yield _case(
        "iat in the future", forge(VC_HEADER, vc_payload(iat=_at(NOW + DAY))), "The proof is dated in the future."
    )
    yield _case(
        "exp before iat", forge(VC_HEADER, vc_payload(exp=_at(SIGNED - DAY))), "The token ends before it was made."
    )
    for name, value in (("exp", "never"), ("exp", True), ("exp", 1e300), ("nbf", -1), ("iat", "2026-06-01")):
        yield _case(
            f"{name} is {value}", forge(VC_HEADER, vc_payload(**{name: value})), UNREADABLE + f"{name} is not a time."
        )
    null = json.dumps({**vc_payload(), "exp": None})
    yield _case("exp is null", forge(VC_HEADER, null), UNREADABLE + "exp is not a time.")
    yield _case("no credential at all", forge(VC_HEADER, {"iss": COLLEGE}), UNREADABLE + "@context is not a list.")
    yield _case(
        "data model 1.1 as vc+jwt",
        forge(VC_HEADER, vc_payload(**{"@context": ["https://www.w3.org/2018/credentials/v1"]})),
        UNREADABLE + "a document of another data model: 1.1.",
    )
    yield _case("issuer missing", forge(VC_HEADER, vc_payload(issuer=None)), UNREADABLE + "issuer is not a URL: None.")
    yield _case(
        "issuer a web address",
        forge(VC_HEADER, vc_payload(issuer="https://college.example")),
        f"The token is by https://college.example, but {COLLEGE} had to sign.",
    )
    yield _case(
        "issuer a web address, any controller taken",
        forge(VC_HEADER, vc_payload(issuer="https://college.example")),
        "Keys are found by DID here, not by https://college.example.",
        outcome="could_not_tell",
        options={"expected_controller": None},
    )


def _presentations() -> Iterator[Negative]:
    key = key_of(LEARNER)

    def case(name: str, reason: str, payload: dict[str, Any] | None = None, by: Any = key, **header: Any) -> Negative:
        return _case(name, forge(VP_HEADER, payload or vp_payload(), by, **header), reason, options=PRESENTED)

    other = "The proof answers another challenge than the one that was set."
    yield case("nonce of another", other, vp_payload(nonce="n-2"))
    yield case("nonce missing", other, vp_payload(nonce=None))
    yield case("nonce a list", other, vp_payload(nonce=[NONCE]))
    yield case("aud of another", "The proof was made for another domain.", vp_payload(aud="https://other.example"))
    yield case(
        "aud of two", "The proof was made for another domain.", vp_payload(aud=[AUDIENCE, "https://other.example"])
    )
    yield case("aud missing", "The proof was made for another domain.", vp_payload(aud=None))
    yield case(
        "holder is another", f"The key belongs to {LEARNER}, but {STRANGER} is the issuer.", vp_payload(holder=STRANGER)
    )
    yield case(
        "iss is not the holder", UNREADABLE + "the claim iss contradicts the document.", vp_payload(iss=STRANGER)
    )
    yield case("signed by another", FITS_NOT, None, key_of(STRANGER))
    yield case("no holder, iss a number", UNREADABLE + "iss is not a string.", vp_payload(holder=None, iss=7))
    yield case(
        "presented by another's key",
        f"The key belongs to {STRANGER}, but {LEARNER} had to sign.",
        None,
        key_of(STRANGER),
        kid=f"{STRANGER}#key-1",
    )
    yield case("a vp claim", UNREADABLE + "a vp claim in a token of data model 2.0.", vp_payload(vp={}))
    within = wrap(vc_jwt(), Kind.VC_JWT)
    yield case("an envelope as payload", UNREADABLE + "an envelope within an envelope.", {**within, "holder": LEARNER})
    both = vp_payload(type=["VerifiablePresentation", "EnvelopedVerifiablePresentation"])
    yield case("a presentation that is an envelope too", UNREADABLE + "an envelope within an envelope.", both)
    yield case(
        "a credential as a presentation",
        UNREADABLE + "a document of another type: ['VerifiableCredential', 'OpenBadgeCredential'].",
        vc_payload(),
    )
    yield _case(
        "a presentation as a credential",
        forge(VC_HEADER, vp_payload()),
        UNREADABLE + "a document of another type: ['VerifiablePresentation'].",
    )
    yield _case(
        "a presentation without holder by a stranger",
        forge(VP_HEADER, vp_payload(holder=None), key_of(STRANGER), kid=f"{STRANGER}#key-1"),
        f"The key belongs to {STRANGER}, but {LEARNER} had to sign.",
        options=PRESENTED,
    )


def _envelopes() -> Iterator[Negative]:
    token = vc_jwt()
    good = wrap(token, Kind.VC_JWT)
    form = UNREADABLE + "a data URL of another form: "
    yield _case("id missing", {**good, "id": None}, UNREADABLE + "an envelope without data URL: None.")
    yield _case(
        "id a web address",
        {**good, "id": "https://college.example/1"},
        UNREADABLE + "an envelope without data URL: https://college.example/1.",
    )
    encoded = "data:application/vc+jwt;base64," + b64url_encode(token.encode())
    yield _case("base64 data URL", {**good, "id": encoded}, form + "application/vc+jwt;base64.")
    yield _case(
        "parameters in the data URL",
        {**good, "id": f"data:application/vc+jwt;charset=utf-8,{token}"},
        form + "application/vc+jwt;charset=utf-8.",
    )
    yield _case("data URL without comma", {**good, "id": "data:application/vc+jwt"}, form + "application/vc+jwt.")
    yield _case("data URL without token", {**good, "id": "data:application/vc+jwt,"}, form + "application/vc+jwt.")
    yield _case(
        "percent-encoded token",
        {**good, "id": good["id"].replace(".", "%2E")},
        UNREADABLE + "not a compact JWS: 1 parts.",
    )
    yield _case(
        "COSE",
        {**good, "id": "data:application/vc+cose,0oRDoQEm"},
        UNREADABLE + "an envelope of another media type: application/vc+cose.",
        outcome="could_not_tell",
    )
    yield _case(
        "media type of an SD-JWT",
        {**good, "id": good["id"].replace("vc+jwt", "dc+sd-jwt")},
        "The envelope says application/dc+sd-jwt, but what is in it is vc+jwt.",
    )
    yield _case(
        "media type of a presentation",
        {**good, "id": good["id"].replace("vc+jwt", "vp+jwt")},
        UNREADABLE + "an envelope of another type: ['EnvelopedVerifiableCredential'].",
    )
    yield _case(
        "type of a presentation",
        {**good, "type": "EnvelopedVerifiablePresentation"},
        UNREADABLE + "an envelope of another type: EnvelopedVerifiablePresentation.",
    )
    yield _case(
        "type of a credential",
        {**good, "type": ["VerifiableCredential"]},
        UNREADABLE + "an envelope of another type: ['VerifiableCredential'].",
    )
    yield _case(
        "two types",
        {**good, "type": ["EnvelopedVerifiableCredential", "VerifiableCredential"]},
        UNREADABLE + "an envelope of another type: ['EnvelopedVerifiableCredential', 'VerifiableCredential'].",
    )
    yield _case("context missing", {**good, "@context": []}, UNREADABLE + "an envelope without its context.")
    yield _case(
        "an unsigned issuer beside the token",
        {**good, "issuer": STRANGER},
        UNREADABLE + "an envelope that says more, unsigned: issuer.",
    )
    yield _case(
        "envelope too large",
        {**good, "id": "data:application/vc+jwt," + "a" * 500_000},
        UNREADABLE + "an envelope too large.",
    )
    yield _case(
        "an envelope in an envelope",
        forge(VC_HEADER, {**good, "issuer": COLLEGE}),
        UNREADABLE + "an envelope within an envelope.",
    )
    yield _case(
        "a presentation of a presentation",
        wrap(forge(VP_HEADER, presentation(), key_of(LEARNER)), Kind.VP_JWT)
        | {"type": ["EnvelopedVerifiableCredential"]},
        UNREADABLE + "an envelope of another type: ['EnvelopedVerifiableCredential'].",
    )


def _older() -> Iterator[Negative]:
    def case(name: str, reason: str, payload: dict[str, Any], **more: Any) -> Negative:
        return _case(f"VC 1.1: {name}", forge(JWT_HEADER, payload), reason, **more)

    def vc(**changes: Any) -> dict[str, Any]:
        return {**jwt_vc_payload()["vc"], **changes}

    contradicts = " contradicts the document."
    yield case(
        "iss is not the issuer", UNREADABLE + "the claim iss" + contradicts, jwt_vc_payload(vc=vc(issuer=STRANGER))
    )
    yield case(
        "iss is not the issuer's id",
        UNREADABLE + "the claim iss" + contradicts,
        jwt_vc_payload(vc=vc(issuer={"id": STRANGER})),
    )
    yield case("iss missing", UNREADABLE + "iss is missing.", jwt_vc_payload(iss=None))
    yield case(
        "sub is not the subject",
        UNREADABLE + "the claim sub" + contradicts,
        jwt_vc_payload(vc=vc(credentialSubject={"id": STRANGER})),
    )
    yield case(
        "sub for two subjects",
        UNREADABLE + "a sub for several subjects.",
        jwt_vc_payload(vc=vc(credentialSubject=[{"a": 1}, {"b": 2}])),
    )
    yield case("jti is not the id", UNREADABLE + "the claim jti" + contradicts, jwt_vc_payload(vc=vc(id="urn:uuid:2")))
    yield case(
        "exp is not the expirationDate",
        UNREADABLE + "the claim exp" + contradicts,
        jwt_vc_payload(exp=_at(NOW + DAY), vc=vc(expirationDate="2030-01-01T00:00:00Z")),
    )
    yield case("expired", "The proof expired at 2026-11-23T12:00:00Z.", jwt_vc_payload(exp=_at(NOW - DAY)))
    yield case("nbf in the future", "The proof is dated in the future.", jwt_vc_payload(nbf=_at(NOW + DAY)))
    yield case(
        "data model 2.0 in the vc claim",
        UNREADABLE + "a vc claim around another data model: 2.0.",
        jwt_vc_payload(vc=badge()),
    )
    yield case("vc a string", UNREADABLE + "vc is not an object.", jwt_vc_payload(vc="x"))
    types = "The token is of type jwt, expected one of vc+jwt, vp+jwt, dc+sd-jwt, vc+sd-jwt."
    yield case("vc and vp", types, jwt_vc_payload(vp={}))
    yield case(
        "by another", f"The key belongs to {COLLEGE}, but {STRANGER} is the issuer.", jwt_vc_payload(iss=STRANGER)
    )
    two = document_of(COLLEGE)
    second = key_of(COLLEGE, "key-2")
    more = document_of(COLLEGE, key=second)
    both = {
        COLLEGE: DidDocument(
            id=COLLEGE,
            methods={**two.methods, **more.methods},
            relationships={"assertionMethod": (*two.methods, *more.methods)},
        )
    }
    yield _case(
        "VC 1.1: no kid where there are two keys",
        forge(JWT_HEADER, jwt_vc_payload(), kid=None),
        f"The token names no key, and {COLLEGE} has 2 that it could be.",
        documents=both,
    )
    base = {"@context": ["https://www.w3.org/2018/credentials/v1"], "type": ["VerifiablePresentation"]}
    crowd = {"iss": COLLEGE, "vp": {**base, "verifiableCredential": ["a.b.c"] * 21}}
    yield case("too many credentials", UNREADABLE + "too many credentials: 21.", crowd)
    yield case(
        "holder is not iss",
        UNREADABLE + "the claim iss" + contradicts,
        {"iss": COLLEGE, "vp": {**base, "holder": LEARNER}},
    )
    yield _case("VC 1.1: payload altered", forge(JWT_HEADER, jwt_vc_payload(), key_of(STRANGER)), FITS_NOT)
    yield _case(
        "VC 1.1: alg none", forge(JWT_HEADER, jwt_vc_payload(), alg="none"), "The algorithm none is no signature."
    )


def _disclosures() -> Iterator[Negative]:
    shown = disclosure(SALT, "given_name", "Ada")

    def case(name: str, reason: str, payload: dict[str, Any], *shown: str, **header: Any) -> Negative:
        text = "".join(f"{part}~" for part in (forge(SD_HEADER, payload, **header), *shown))
        return _case(f"SD-JWT: {name}", text, reason)

    def with_(*shown: str, **changes: Any) -> dict[str, Any]:
        return sd_payload(given_name=None, _sd=[digest_of(part) for part in shown], **changes)

    unasked = UNREADABLE + "a disclosure that no digest asks for."
    token, first, *rest = sd_jwt().split("~")
    yield case("disclosure altered", unasked, with_(shown), disclosure(SALT, "given_name", "Eve"))
    yield _case("SD-JWT: salt altered", "~".join([token, disclosure("AAAA", "given_name", "Ada"), *rest]), unasked)
    yield case("disclosure of nothing", unasked, sd_payload(), shown)
    yield case("disclosure twice", UNREADABLE + "a disclosure stands twice.", with_(shown), shown, shown)
    yield _case("SD-JWT: disclosure from another credential", "~".join([token, first, *rest[:-1], shown, ""]), unasked)
    yield case("digest twice in a list", UNREADABLE + "a digest stands twice.", with_(shown, shown), shown)
    yield case("digest twice, not disclosed", UNREADABLE + "a digest stands twice.", with_(shown, shown))
    yield case(
        "digest twice at two levels",
        UNREADABLE + "a digest stands twice.",
        with_(shown, more={"_sd": [digest_of(shown)]}),
        shown,
    )
    inner = disclosure(SALT, "more", {"_sd": [digest_of(shown)]})
    yield case(
        "digest twice, once in a disclosure", UNREADABLE + "a digest stands twice.", with_(shown, inner), shown, inner
    )
    for name in ("_sd", "...", "_sd_alg"):
        reserved = disclosure(SALT, name, [])
        yield case(
            f"claim named {name}", UNREADABLE + f"a disclosure of a reserved name: {name}.", with_(reserved), reserved
        )
    there = UNREADABLE + "a disclosure of a claim that is there already."
    yield case("claim there already", there, sd_payload(_sd=[digest_of(shown)]), shown)
    again = disclosure(SALT + "A", "given_name", "Eve")
    yield case("claim disclosed twice", there, with_(shown, again), shown, again)
    form = UNREADABLE + "a disclosure of another form."
    for parts in ((SALT,), (SALT, "a", "b", "c"), (7, "given_name", "Ada"), (SALT, 7, "Ada")):
        odd = disclosure(*parts)
        yield case(f"disclosure of form {json.dumps(parts)[:12]} {len(parts)}", form, with_(odd), odd)
    element = disclosure(SALT, "budgeting")
    yield case(
        "element where a claim belongs",
        UNREADABLE + "an element of a list disclosed as a claim.",
        with_(element),
        element,
    )
    yield case(
        "claim where an element belongs",
        UNREADABLE + "a claim disclosed as an element of a list.",
        sd_payload(skills=[{"...": digest_of(shown)}]),
        shown,
    )
    yield case(
        "element with more than its digest",
        UNREADABLE + "a withheld element of another form.",
        sd_payload(skills=[{"...": digest_of(element), "a": 1}]),
        element,
    )
    yield case(
        "element's digest a list", UNREADABLE + "a withheld element of another form.", sd_payload(skills=[{"...": []}])
    )
    yield case(
        "... as a claim",
        UNREADABLE + "a reserved name out of place: ....",
        sd_payload(more={"...": digest_of(element)}),
        element,
    )
    yield case("_sd a string", UNREADABLE + "_sd is not a list of digests.", sd_payload(_sd=digest_of(shown)))
    yield case("_sd of numbers", UNREADABLE + "_sd is not a list of digests.", sd_payload(_sd=[1]))
    yield case(
        "_sd_alg within", UNREADABLE + "a reserved name out of place: _sd_alg.", sd_payload(more={"_sd_alg": "sha-256"})
    )
    yield case("_sd_alg not a name", UNREADABLE + "_sd_alg is not a name.", sd_payload(_sd_alg=256))
    yield _case(
        "SD-JWT: _sd_alg unknown",
        forge(SD_HEADER, with_(shown, _sd_alg="md5")) + f"~{shown}~",
        UNREADABLE + "digests of an unknown hash: md5.",
        outcome="could_not_tell",
    )
    yield case("_sd_alg of another hash", unasked, with_(shown, _sd_alg="sha-512"), shown)
    for name, value in (
        ("iss", COLLEGE),
        ("exp", 1),
        ("nbf", 1),
        ("cnf", {}),
        ("vct", "https://x.example"),
        ("status", STATUS),
        ("vct#integrity", "sha256-"),
    ):
        open_ = disclosure(SALT, name, value)
        yield case(
            f"{name} disclosed",
            UNREADABLE + f"a claim that must not be withheld was disclosed: {name}.",
            sd_payload(**{name: None}, _sd=[digest_of(open_)]),
            open_,
        )
    hidden = {"status_list": {"_sd": [digest_of(shown)]}}
    yield case(
        "status that can be withheld in part",
        UNREADABLE + "a claim of which nothing may be withheld: status.",
        sd_payload(status=hidden),
    )
    deep = "x"
    chain: list[str] = []
    for level in range(40):
        link = disclosure(SALT, f"n{level}", {"_sd": [digest_of(chain[-1])]} if chain else deep)
        chain.append(link)
    yield case("disclosures nested too deeply", UNREADABLE + "claims nested too deeply.", with_(chain[-1]), *chain)
    yield case(
        "too many disclosures",
        UNREADABLE + "too many disclosures: 600.",
        sd_payload(),
        *[disclosure(SALT, str(n)) for n in range(600)],
    )
    big = disclosure(SALT, "given_name", "x" * 60_000)
    yield case("disclosure too large", UNREADABLE + "a disclosure too large.", with_(big), big)
    many = [disclosure(SALT, f"n{n}", "x" * 40_000) for n in range(12)]
    yield case("too large as a whole", UNREADABLE + "an SD-JWT too large.", with_(*many), *many)
    yield case(
        "disclosure with padding",
        UNREADABLE + "a disclosure that cannot be read: not base64url.",
        with_(shown),
        shown + "====",
    )
    doubled = b64url_encode(b'["s", "given_name", {"a": 1, "a": 2}]')
    yield case(
        "a member twice in a disclosure",
        UNREADABLE + "a disclosure that cannot be read: a name stands twice in a JSON object.",
        with_(doubled),
        doubled,
    )
    yield case("vct missing", UNREADABLE + "vct is missing.", sd_payload(vct=None))
    yield case("vct a number", UNREADABLE + "vct is missing.", sd_payload(vct=7))
    for value in (7, "", [COLLEGE]):
        yield case(f"iss is {value!r}", UNREADABLE + "iss is not a string.", sd_payload(iss=value))
    yield case("status a string", UNREADABLE + "status is not an object.", sd_payload(status="5"))
    yield case("cnf a string", UNREADABLE + "cnf is not an object.", sd_payload(cnf="key"))
    yield case("expired", "The proof expired at 2026-11-23T12:00:00Z.", sd_payload(exp=_at(NOW - DAY)))
    yield case(
        "nbf in the future",
        "The token is not to be accepted before 2026-11-25T12:00:00Z.",
        sd_payload(nbf=_at(NOW + DAY)),
    )
    yield case("alg none", "The algorithm none is no signature.", sd_payload(), alg="none")
    yield case("typ missing", "The token is of type none, expected dc+sd-jwt or vc+sd-jwt.", sd_payload(), typ=None)
    yield case(
        "typ of a plain credential",
        "The token is of type vc+jwt, expected dc+sd-jwt or vc+sd-jwt.",
        sd_payload(),
        typ="vc+jwt",
    )
    yield case(
        "iss of another", f"The key belongs to {COLLEGE}, but {STRANGER} is the issuer.", sd_payload(iss=STRANGER)
    )
    yield _case("SD-JWT: no tilde", forge(SD_HEADER, sd_payload()), UNREADABLE + "not an SD-JWT.")
    yield _case("SD-JWT: signed by another", forge(SD_HEADER, sd_payload(), key_of(STRANGER)) + "~", FITS_NOT)
    yield _case(
        "SD-JWT: x5c",
        forge(SD_HEADER, sd_payload(), x5c=["MIIB"], kid=None) + "~",
        "The key is certified by X.509, which is not looked at here.",
        outcome="could_not_tell",
    )
    yield _case(
        "SD-JWT: issuer by metadata",
        forge(SD_HEADER, sd_payload(iss="https://college.example"), kid="1") + "~",
        "Keys are found by DID here, not by https://college.example.",
        outcome="could_not_tell",
        options={"expected_controller": None},
    )
    yield _case(
        "SD-JWT: no issuer and no key",
        forge(SD_HEADER, sd_payload(iss=None), kid=None) + "~",
        "The token names no issuer.",
        options={"expected_controller": None},
    )


def _w3c_disclosures() -> Iterator[Negative]:
    header = {**SD_HEADER, "typ": "vc+sd-jwt"}
    status = {"type": "BitstringStatusListEntry"}
    claim = {"status_list": {"idx": 5, "uri": "https://college.example/tokens/1"}}
    for name, value in (
        ("credentialStatus", status),
        ("issuer", COLLEGE),
        ("validUntil", "2030-01-01T00:00:00Z"),
        ("status", claim),
    ):
        open_ = disclosure(SALT, name, value)
        payload = vc_payload(**{name: None}, _sd=[digest_of(open_)])
        reason = UNREADABLE + f"a claim that must not be withheld was disclosed: {name}."
        yield _case(f"W3C SD-JWT: {name} disclosed", forge(header, payload) + f"~{open_}~", reason)
    entry = disclosure(SALT, status)
    payload = vc_payload(credentialStatus=[{"...": digest_of(entry)}])
    yield _case(
        "W3C SD-JWT: status entry withheld",
        forge(header, payload) + "~",
        UNREADABLE + "a claim of which nothing may be withheld: credentialStatus.",
    )
    yield _case(
        "W3C SD-JWT: typ of an SD-JWT VC",
        forge(SD_HEADER, vc_payload()) + "~",
        "The token is of type dc+sd-jwt, expected vc+sd-jwt.",
    )
    yield _case(
        "W3C SD-JWT: media type of an SD-JWT VC",
        wrap(w3c_sd_jwt(), Kind.DC_SD_JWT),
        "The envelope says application/dc+sd-jwt, but what is in it is vc+sd-jwt.",
    )


def _key_bindings() -> Iterator[Negative]:
    def case(name: str, value: str, reason: str, **more: Any) -> Negative:
        return _case(f"key binding: {name}", value, reason, **{"options": BOUND, **more})

    good = presented()
    before, _, binding = good.rpartition("~")
    header, claims, _ = parts_of(binding)

    def rebound(
        name: str, reason: str, key: Any = None, header_changes: Mapping[str, Any] | None = None, **changes: Any
    ) -> Negative:
        forged = forge(
            header,
            {k: v for k, v in {**claims, **changes}.items() if v is not None},
            key or key_of(LEARNER),
            **(header_changes or {}),
        )
        return case(name, f"{before}~{forged}", reason)

    missing = "There is no key binding: whoever presents this did not prove to have its key."
    yield case("missing", f"{before}~", missing)
    yield case("missing, only a domain set", f"{before}~", missing, options={"domain": AUDIENCE})
    other = "The key binding was made for other disclosures, or another credential."
    yield rebound("sd_hash of another", other, sd_hash=b64url_encode(bytes(32)))
    yield rebound("sd_hash missing", other, sd_hash=None)
    token, *shown, _ = sd_jwt().split("~")
    yield case("with a disclosure more", "~".join([*dict.fromkeys([*before.split("~"), *shown]), binding]), other)
    yield case("with a disclosure less", "~".join([token, binding]), other)
    yield rebound("nonce of another", "The proof answers another challenge than the one that was set.", nonce="n-2")
    yield rebound("aud of another", "The proof was made for another domain.", aud="https://other.example")
    lacks = "The key binding lacks one of iat, nonce, aud."
    yield rebound("nonce missing", lacks, nonce=None)
    yield rebound("aud missing", lacks, aud=None)
    yield rebound("aud a list", lacks, aud=[AUDIENCE])
    yield rebound("iat missing", lacks, iat=None)
    yield rebound(
        "iat too long ago", "The key binding is of 2026-11-22T12:00:00Z, which is too long ago.", iat=_at(NOW - 2 * DAY)
    )
    yield rebound("iat in the future", "The proof is dated in the future.", iat=_at(NOW + DAY))
    yield rebound("iat text", UNREADABLE + "iat is not a time.", iat="now")
    yield rebound("expired", "The proof expired at 2026-11-24T12:00:00Z.", exp=_at(NOW))
    yield rebound("by another key", FITS_NOT, key_of(STRANGER))
    yield rebound(
        "by another key that it brings along",
        "The token brings its own key along in jwk.",
        key_of(STRANGER),
        {"jwk": key_of(STRANGER).public.to_jwk()},
    )
    yield rebound("typ of another token", "The token is of type jwt, expected kb+jwt.", None, {"typ": "JWT"})
    yield rebound("typ missing", "The token is of type none, expected kb+jwt.", None, {"typ": None})
    yield rebound("alg none", "The algorithm none is no signature.", None, {"alg": "none"})
    yield rebound(
        "alg of another curve",
        "The holder's key is of curve Ed25519, which ES256 does not use.",
        None,
        {"alg": "ES256"},
    )
    yield rebound(
        "crit", UNREADABLE + "a critical header that is not understood: crit or b64.", None, {"crit": ["exp"]}
    )
    yield case("no token", f"{before}~x", UNREADABLE + "not a compact JWS: 1 parts.")
    unbound = "The credential names no key that its holder could be bound to."
    yield case("of a credential bound to none", presented(sd_jwt(holder=None)), unbound)
    yield case("of a credential bound to none, nothing asked", presented(sd_jwt(holder=None)), unbound, options={})
    fresh = forge(SD_HEADER, sd_payload(cnf={"jku": "https://x.example"})) + "~"
    yield case(
        "of a key named by address",
        presented(fresh, disclose=[]),
        "The holder's key is named in a way that is not read here, but by jwk or kid.",
        outcome="could_not_tell",
    )
    secret = forge(SD_HEADER, sd_payload(cnf={"jwk": key_of(LEARNER).to_jwk()})) + "~"
    yield case(
        "of a private key in cnf",
        presented(secret, disclose=[]),
        UNREADABLE + "a private key where a public one belongs.",
    )
    named = sd_jwt(holder=f"{LEARNER}#key-1")
    yield case(
        "by kid, document not at hand",
        presented(named),
        f"The DID document of {LEARNER} is not available here.",
        outcome="could_not_tell",
        documents={COLLEGE: DOCUMENTS[COLLEGE]},
    )
    yield case(
        "by kid, key not for authentication",
        presented(named),
        "The key is not authorised for authentication.",
        documents={COLLEGE: DOCUMENTS[COLLEGE], LEARNER: document_of(LEARNER, "assertionMethod")},
    )
    yield case(
        "by kid, key revoked",
        presented(named),
        "The key was revoked at 2026-11-23T12:00:00Z, before the proof's date.",
        documents={COLLEGE: DOCUMENTS[COLLEGE], LEARNER: document_of(LEARNER, revoked=NOW - DAY)},
    )
    yield case("by kid, signed by another", presented(named, signer=key_of(STRANGER)), FITS_NOT)


NEGATIVES: tuple[Negative, ...] = (
    *_headers(),
    *_keys(),
    *_signatures(),
    *_texts(),
    *_claims(),
    *_presentations(),
    *_envelopes(),
    *_older(),
    *_disclosures(),
    *_w3c_disclosures(),
    *_key_bindings(),
)
