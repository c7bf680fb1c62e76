"""How a node comes into a network: the invitation it is given, and the application it signs.

The invitation is what makes the anchor's keys known out of band, so it is handed over by a channel that people trust.
The application is signed by the applicant's DID: whoever answers for the DID asks to be admitted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from protocols.dids.document import DidDocument
from protocols.errors import EnvelopeError
from protocols.jose.encoding import (
    JsonObject,
    b64url_decode,
    b64url_encode,
    canonical_json,
    digest,
    parse_object,
)
from protocols.jose.jws import CompactJws, parse_compact, sign_compact
from protocols.jose.keys import PublicKey, Signer
from protocols.trust.entity import check_entity_id, entity_id_of
from protocols.trust.jwks import parse_jwks, to_jwks
from protocols.trust.refusal import StatementRefused, refusing, shown
from protocols.trust.registration import IssuerRegistration, VerifierRegistration
from protocols.trust.shape import object_of
from protocols.trust.times import from_seconds, to_seconds

APPLICATION_TYP = "ler-join-application+jwt"
MAX_INVITE_CHARACTERS = 16 * 1024
MAX_APPLICATION_BYTES = 32 * 1024
MAX_NAME_CHARACTERS = 200
MAX_APPLICATION_AGE = timedelta(days=1)
_LEEWAY = timedelta(seconds=60)
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
    """A request to be admitted by `anchor`; to be believed only after `check`."""

    anchor: str
    entity_id: str
    did: str
    jwks: Mapping[str, PublicKey]
    roles: RolesWanted
    invite_token_hash: str
    name: str
    iat: datetime
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
        return sign_compact(claims, signer, typ=APPLICATION_TYP)

    @staticmethod
    def parse(token: str) -> "JoinApplication":
        """The application in `token`, its form checked and its signature not.

        Raises:
            StatementRefused: `too_large`, `not_a_jws`, `entity_id`, `did`, `did_mismatch`, `jwks` and its kin,
                `roles`, `registration`, `application`, `iat_invalid`.
        """
        with refusing("not_a_jws"):
            jws = parse_compact(token, typ=APPLICATION_TYP, max_bytes=MAX_APPLICATION_BYTES)
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
            kid=kid,
            token=token,
        )

    def check(self, document: DidDocument, *, anchor: str, now: datetime) -> None:
        """Returns when the DID itself signed this, lately, for this anchor.

        Whether the invitation is one of the anchor's and unused is for whoever stores invitations.

        Raises:
            StatementRefused: `aud`, `application_stale`, `issued_in_the_future`, `did_mismatch`, `kid_unknown`,
                `signature`.
        """
        if self.anchor != anchor:
            raise StatementRefused("an application to another network", rule="aud", found=self.anchor, expected=anchor)
        if self.iat > now + _LEEWAY:
            raise StatementRefused("an application of the future", rule="issued_in_the_future", expected="iat past")
        if now - self.iat > MAX_APPLICATION_AGE:
            raise StatementRefused("an old application", rule="application_stale", expected="at most a day old")
        if document.id != self.did:
            raise StatementRefused(
                "a DID document of another DID", rule="did_mismatch", found=document.id[:80], expected=self.did
            )
        method = document.method(self.kid, "authentication")
        if method is None or method.revoked is not None or (method.expires is not None and method.expires <= now):
            raise StatementRefused(
                "signed with a key that the DID does not use now",
                rule="kid_unknown",
                found=self.kid[:80],
                expected="a current authentication key",
            )
        _verify(parse_compact(self.token, max_bytes=MAX_APPLICATION_BYTES), method.key)


def _verify(jws: CompactJws, key: PublicKey) -> None:
    try:
        jws.verify(key)
    except EnvelopeError as error:
        raise StatementRefused(error.detail, rule="signature") from error


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
