"""How a node comes into a network: the invitation it is given, and the application it signs.

The invitation is what makes the anchor's keys known out of band, so it is handed over by a channel that people trust.
The application is signed by the applicant's DID: whoever answers for the DID asks to be admitted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from protocols.jose.encoding import (
    JsonObject,
    b64url_decode,
    b64url_encode,
    canonical_json,
    digest,
    parse_object,
)
from protocols.jose.jws import parse_compact, sign_compact
from protocols.jose.keys import PublicKey, Signer
from protocols.trust.agreement import Agreement
from protocols.trust.did_request import MAX_REQUEST_BYTES
from protocols.trust.entity import check_entity_id, entity_id_of
from protocols.trust.jwks import parse_jwks, to_jwks
from protocols.trust.refusal import StatementRefused, refusing, shown
from protocols.trust.registration import IssuerRegistration, VerifierRegistration
from protocols.trust.shape import object_of
from protocols.trust.times import from_seconds, to_seconds

APPLICATION_TYP = "ler-join-application+jwt"
MAX_INVITE_CHARACTERS = 16 * 1024
MAX_NAME_CHARACTERS = 200
_LINK_PATH = "/federation/join#"


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkInvite:
    """An invitation to apply. `token` is a secret that proves one was invited; its repr is for logs, without it."""

    anchor: str
    jwks: Mapping[str, PublicKey]
    token: str
    name: str
    expires: datetime

    def __repr__(self) -> str:
        return f"NetworkInvite(anchor={self.anchor!r}, name={self.name!r}, expires={self.expires.isoformat()!r})"

    @property
    def token_hash(self) -> str:
        """What the anchor stores and an application carries in place of the token."""
        return digest(self.token.encode("utf-8"))

    def to_compact(self) -> str:
        """The invitation as one word: base64url of its JSON."""
        value = {
            "anchor": self.anchor,
            "jwks": to_jwks(self.jwks),
            "token": self.token,
            "name": self.name,
            "expires": to_seconds(self.expires),
        }
        return b64url_encode(canonical_json(value))

    def to_link(self) -> str:
        """A link for people; the invitation is in the fragment, which browsers do not send and servers do not log."""
        return f"{self.anchor}{_LINK_PATH}{self.to_compact()}"

    @staticmethod
    def parse(text: str, now: datetime) -> "NetworkInvite":
        """The invitation in a compact text or a link.

        Raises:
            StatementRefused: `invite`, `entity_id`, `jwks` and its kin, `invite_link_mismatch`, `invite_expired`.
        """
        base, separator, compact = text.strip().partition(_LINK_PATH)
        with refusing("invite"):
            value = parse_object(b64url_decode(compact if separator else base), max_bytes=MAX_INVITE_CHARACTERS)
        anchor = check_entity_id(value.get("anchor"))
        if separator and base != anchor:
            raise StatementRefused(
                "a link of another host than its invitation",
                rule="invite_link_mismatch",
                found=base[:80],
                expected=anchor,
            )
        expires = from_seconds(value.get("expires"), claim="invite_expires")
        if expires <= now:
            raise StatementRefused("the invitation has expired", rule="invite_expired", found=expires.isoformat())
        return NetworkInvite(
            anchor=anchor,
            jwks=parse_jwks(value.get("jwks")),
            token=_text(value, "token", rule="invite"),
            name=_text(value, "name", rule="invite"),
            expires=expires,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RolesWanted:
    """What an applicant wants to be registered for, in the words that an approval would use."""

    issuer: IssuerRegistration | None = None
    verifier: VerifierRegistration | None = None
    relay: bool = False

    def to_json(self) -> JsonObject:
        value: JsonObject = {"relay": self.relay}
        if self.issuer is not None:
            value["issuer"] = self.issuer.to_json()
        if self.verifier is not None:
            value["verifier"] = self.verifier.to_json()
        return value

    @staticmethod
    def parse(value: object) -> "RolesWanted":
        """Raises StatementRefused (`roles`, `registration`)."""
        roles = object_of(value, rule="roles")
        issuer, verifier, relay = roles.get("issuer"), roles.get("verifier"), roles.get("relay", False)
        if not isinstance(relay, bool):
            raise StatementRefused("relay is not a yes or no", rule="roles", found=shown(relay), expected="a bool")
        return RolesWanted(
            issuer=None if issuer is None else IssuerRegistration.parse(issuer),
            verifier=None if verifier is None else VerifierRegistration.parse(verifier),
            relay=relay,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinApplication:
    """A request to be admitted by `anchor`; to be believed only after `check_request`.

    Whether the invitation is one of the anchor's and unused is for whoever stores invitations. `agreement` are the
    terms that the applicant agrees to; None where it was shown none.
    """

    anchor: str
    entity_id: str
    did: str
    jwks: Mapping[str, PublicKey]
    roles: RolesWanted
    invite_token_hash: str
    name: str
    iat: datetime
    agreement: Agreement | None = None
    kid: str = ""
    token: str = ""

    def sign(self, signer: Signer) -> str:
        """The JWS of this application; `signer` has a key of the DID's authentication relationship."""
        claims: JsonObject = {
            "aud": self.anchor,
            "iss": self.entity_id,
            "did": self.did,
            "jwks": to_jwks(self.jwks),
            "roles": self.roles.to_json(),
            "invite_token_hash": self.invite_token_hash,
            "name": self.name,
            "iat": to_seconds(self.iat),
        }
        if self.agreement is not None:
            claims["agreement"] = self.agreement.to_json()
        return sign_compact(claims, signer, typ=APPLICATION_TYP)

    @staticmethod
    def parse(token: str) -> "JoinApplication":
        """The application in `token`, its form checked and its signature not.

        Raises:
            StatementRefused: `too_large`, `not_a_jws`, `entity_id`, `did`, `did_mismatch`, `jwks` and its kin,
                `roles`, `registration`, `application`, `agreement`, `iat_invalid`.
        """
        with refusing("not_a_jws"):
            jws = parse_compact(token, typ=APPLICATION_TYP, max_bytes=MAX_REQUEST_BYTES)
            claims, kid = jws.claims, jws.kid
        entity_id, did = check_entity_id(claims.get("iss")), str(claims.get("did"))
        if entity_id_of(did) != entity_id:
            raise StatementRefused(
                "an application for a DID on another host", rule="did_mismatch", found=did[:80], expected=entity_id
            )
        return JoinApplication(
            anchor=check_entity_id(claims.get("aud")),
            entity_id=entity_id,
            did=did,
            jwks=parse_jwks(claims.get("jwks")),
            roles=RolesWanted.parse(claims.get("roles")),
            invite_token_hash=_text(claims, "invite_token_hash", rule="application"),
            name=_text(claims, "name", rule="application"),
            iat=from_seconds(claims.get("iat"), claim="iat"),
            agreement=None if claims.get("agreement") is None else Agreement.parse(claims["agreement"]),
            kid=kid,
            token=token,
        )


def _text(value: JsonObject, name: str, *, rule: str) -> str:
    text = value.get(name)
    if not isinstance(text, str) or not 0 < len(text.strip()) <= len(text) <= MAX_NAME_CHARACTERS:
        raise StatementRefused(
            f"no {name}",
            rule=rule,
            found=f"{len(text)} characters" if isinstance(text, str) else type(text).__name__,
            expected=f"1 to {MAX_NAME_CHARACTERS} characters",
        )
    return text
