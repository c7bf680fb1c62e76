"""SD-JWT VC: issuing one, presenting it, and the rules for its claims. Also the rules of W3C credentials as SD-JWT.

Specs: https://datatracker.ietf.org/doc/draft-ietf-oauth-sd-jwt-vc/, https://www.w3.org/TR/vc-jose-cose/#with-sd-jwt
"""

from collections.abc import Iterable
from datetime import datetime

from protocols.credentials.canonical import MAX_CREDENTIAL_BYTES, check_size
from protocols.credentials.enveloped.disclosing import Path, conceal, select
from protocols.credentials.enveloped.key_binding import bind
from protocols.credentials.enveloped.kinds import Kind
from protocols.credentials.enveloped.sd_jwt import Restored, SdJwt, algorithm_of, has_digests, parse_sd_jwt, restore
from protocols.credentials.enveloped.sd_jwt_vc_claims import NEVER_DISCLOSED, check_registered
from protocols.credentials.enveloped.token import compact, parse_token, seconds
from protocols.credentials.enveloped.vc_jose import read_secured
from protocols.credentials.shape import is_url
from protocols.errors import MalformedCredential
from protocols.jose.encoding import JsonObject
from protocols.jose.keys import Entropy, PublicKey, Signer

TYP = "dc+sd-jwt"
OLDER_TYP = "vc+sd-jwt"
"""What SD-JWT VCs were called until November 2024, and what W3C credentials in SD-JWT form are called."""
W3C_WHOLE = ("@context", "credentialStatus", "validFrom", "validUntil", "iss", "nbf", "exp", "cnf", "status")
W3C_NAMED = (*W3C_WHOLE, "issuer", "credentialSchema")
"""Properties of which parts may be withheld, but not the property itself (VC-JOSE-COSE section 3.2.1)."""
_OURS = ("iss", "iat", "nbf", "exp", "cnf", "vct", "status")


def issue_sd_jwt_vc(
    claims: JsonObject,
    *,
    vct: str,
    signer: Signer,
    holder: PublicKey | str | None,
    disclosable: Iterable[Path],
    issued_at: datetime,
    entropy: Entropy,
    not_before: datetime | None = None,
    expires_at: datetime | None = None,
    status: JsonObject | None = None,
    decoys: int = 0,
) -> str:
    """An SD-JWT VC with all its disclosures, for its holder.

    Args:
        claims: about the subject, `sub` among them where there is one.
        vct: the type of the credential, a URI.
        signer: its kid is a DID URL; the DID becomes `iss`.
        holder: the key it is bound to: a key (`cnf.jwk`), a DID URL (`cnf.kid`), or None for whoever has it.
        disclosable: paths in `claims` that the holder may withhold.
        status: the whole status claim, say `{"status_list": {"idx": 5, "uri": …}}`.
        decoys: digests of nothing to add wherever something can be withheld.

    Raises:
        MalformedCredential: a claim that is set here among `claims`, a path to nothing or to a claim that stands open.
        TooLarge: over 256 KiB, or more than 512 disclosures.
    """
    if found := [name for name in _OURS if name in claims]:
        raise MalformedCredential("a claim that the issuer sets by itself", found=", ".join(found))
    if not is_url(vct):
        raise MalformedCredential("vct is not a URI", found=vct[:80])
    check_size(claims, MAX_CREDENTIAL_BYTES)
    concealed, disclosures = conceal(claims, disclosable, entropy=entropy, decoys=decoys)
    times = (("nbf", not_before), ("exp", expires_at))
    payload: JsonObject = {
        **concealed,
        "iss": signer.kid.partition("#")[0],
        "iat": seconds(issued_at),
        "vct": vct,
        **{name: seconds(at) for name, at in times if at is not None},
        **({} if holder is None else {"cnf": _confirmation(holder)}),
        **({} if status is None else {"status": status}),
    }
    check_claims(restore(payload, disclosures), payload, Kind.DC_SD_JWT)
    return str(SdJwt(token=compact({"kid": signer.kid, "typ": TYP}, payload, signer), disclosures=disclosures))


def sign_vc_sd_jwt(
    credential: JsonObject,
    signer: Signer,
    *,
    disclosable: Iterable[Path],
    signed_at: datetime,
    entropy: Entropy,
    holder: PublicKey | str | None = None,
    decoys: int = 0,
) -> str:
    """A credential of data model 2.0 as vc+sd-jwt, with all its disclosures; arguments as in `issue_sd_jwt_vc`.

    Raises:
        MalformedCredential: not such a credential by the signer's DID, or a path to what must be seen.
        TooLarge: over 256 KiB, or more than 512 disclosures.
    """
    _, issuer = read_secured(credential, Kind.VC_SD_JWT)
    did = signer.kid.partition("#")[0]
    if issuer != did:
        raise MalformedCredential("a document of another issuer than its signer", found=issuer[:80], expected=did[:80])
    concealed, disclosures = conceal(credential, disclosable, entropy=entropy, decoys=decoys)
    bound = {} if holder is None else {"cnf": _confirmation(holder)}
    payload: JsonObject = {**concealed, **bound, "iat": seconds(signed_at)}
    check_claims(restore(payload, disclosures), payload, Kind.VC_SD_JWT)
    header: JsonObject = {"cty": "vc", "kid": signer.kid, "typ": OLDER_TYP}
    return str(SdJwt(token=compact(header, payload, signer), disclosures=disclosures))


def present_sd_jwt(
    text: str,
    *,
    disclose: Iterable[Path],
    signer: Signer | None = None,
    audience: str | None = None,
    nonce: str | None = None,
    signed_at: datetime | None = None,
) -> str:
    """What a holder sends: the chosen disclosures, and key binding where a `signer` is given.

    Args:
        text: as it was issued, verified when it came.
        disclose: paths of what is to be seen; a path to an object shows all of it.
        signer: of the key in `cnf`, with `audience`, `nonce` and `signed_at`.

    Raises:
        MalformedCredential: not an SD-JWT, or a path to nothing.
        ValueError: a signer without what it is to sign.
    """
    whole = parse_sd_jwt(text)
    payload = parse_token(whole.token, max_payload_bytes=MAX_CREDENTIAL_BYTES).payload
    chosen = select(whole, payload, disclose)
    if signer is None:
        return str(chosen)
    if audience is None or nonce is None or signed_at is None:
        raise ValueError("key binding needs audience, nonce and signed_at")
    algorithm = algorithm_of(payload)
    return str(bind(chosen, signer, algorithm=algorithm, audience=audience, nonce=nonce, signed_at=signed_at))


def check_claims(restored: Restored, payload: JsonObject, kind: Kind) -> None:
    """Raises MalformedCredential where a claim that a verifier must see could be withheld, or an SD-JWT VC has no vct.

    Args:
        payload: as signed, digests in it.
        kind: VC_SD_JWT or DC_SD_JWT.
    """
    named, whole = (W3C_NAMED, W3C_WHOLE) if kind is Kind.VC_SD_JWT else (NEVER_DISCLOSED, NEVER_DISCLOSED)
    for place in restored.places.values():
        if place[0] in (named if len(place) == 1 else whole):
            raise MalformedCredential("a claim that must not be withheld was disclosed", found=str(place[0]))
    if found := [name for name in whole if has_digests(payload.get(name))]:
        raise MalformedCredential("a claim of which nothing may be withheld", found=found[0])
    if kind is Kind.DC_SD_JWT:
        check_registered(restored.claims)


def _confirmation(holder: PublicKey | str) -> JsonObject:
    return {"kid": holder} if isinstance(holder, str) else {"jwk": holder.to_jwk()}
