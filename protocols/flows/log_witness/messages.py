"""log-witness 1.0: its three messages, what each side may want, and what they lead to.

    head          issuer → witness    my log has grown to this; here is the proof that it only grew
    cosignature   witness → issuer    I saw it; or: the last head of yours that I signed was another, show me from there
    inclusion     issuer → learner    your credential stands in that log, and these saw it

Spec: docs/protocols/log-witness.md
"""

from dataclasses import dataclass
from datetime import datetime

from protocols.didcomm.message import Message
from protocols.errors import MalformedMessage, TooLarge
from protocols.flow import Command, Effect
from protocols.jose.encoding import JsonObject, canonical_json
from protocols.trust.issuance_log.head import MAX_TOKEN_BYTES, parse_path, parse_size, path_json
from protocols.trust.issuance_log.inclusion import MAX_PROOF_BYTES

PIURI = "https://w3id.org/ler-exchange/log-witness/1.0"
MAX_CREDENTIAL_ID_CHARACTERS = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowHead(Command):
    """Show a head to a witness; `path` proves that it begins with the tree of `earlier` entries."""

    ours: str
    theirs: str
    head: str
    earlier: int
    path: tuple[bytes, ...]
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosign(Command):
    """We saw the head: `cosignature` says so. None: we want it shown from `signed` entries on."""

    ours: str
    theirs: str
    cosignature: str | None = None
    signed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TellDate(Command):
    """A learner's credential has a date that others vouch for: `proof` is an issuance proof."""

    ours: str
    theirs: str
    credential: str
    proof: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeHead(Effect):
    """`issuer` shows a head, unverified: cosign it where it only adds to the last one that we signed."""

    issuer: str
    head: str
    earlier: int
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CosignatureArrived(Effect):
    """`witness` saw a head of ours; the token is unverified."""

    witness: str
    cosignature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAgain(Effect):
    """`witness` signed our log at `signed` entries last, and wants the proof from there."""

    witness: str
    signed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DateArrived(Effect):
    """`issuer` sends the issuance proof of the credential with this id, unverified."""

    issuer: str
    credential: str
    proof: JsonObject


def show_head(command: ShowHead, *, id: str, now: datetime) -> Message:
    body = {"head": command.head, "earlier": command.earlier, "path": path_json(command.path)}
    return _message("head", command.ours, command.theirs, body, id=id, now=now, expires_at=command.expires_at)


def cosignature(command: Cosign, *, id: str, now: datetime) -> Message:
    body: JsonObject = {"signed": command.signed} if command.cosignature is None else {"jws": command.cosignature}
    return _message("cosignature", command.ours, command.theirs, body, id=id, now=now)


def inclusion(command: TellDate, *, id: str, now: datetime) -> Message:
    body: JsonObject = {"credential": command.credential, "proof": command.proof}
    return _message("inclusion", command.ours, command.theirs, body, id=id, now=now)


def read_head(message: Message, sender: str) -> JudgeHead:
    """Raises MalformedMessage for another form, and StatementRefused for a path that is none."""
    return JudgeHead(
        issuer=sender,
        head=_token(message, "head"),
        earlier=parse_size(message.body.get("earlier"), rule="log_head"),
        path=parse_path(message.body.get("path"), rule="log_head"),
    )


def read_cosignature(message: Message, sender: str) -> CosignatureArrived | ShownAgain:
    if "jws" in message.body:
        return CosignatureArrived(witness=sender, cosignature=_token(message, "jws"))
    return ShownAgain(witness=sender, signed=parse_size(message.body.get("signed"), rule="log_head"))


def read_inclusion(message: Message, sender: str) -> DateArrived:
    proof, credential = message.body.get("proof"), message.body.get("credential")
    if not isinstance(proof, dict):
        raise MalformedMessage("an inclusion without its proof", expected="a JSON object")
    if not isinstance(credential, str) or not 0 < len(credential) <= MAX_CREDENTIAL_ID_CHARACTERS:
        raise MalformedMessage("an inclusion without its credential", expected="the id of a credential")
    if (size := len(canonical_json(proof))) > MAX_PROOF_BYTES:
        raise TooLarge("a proof too large", found=f"{size} bytes", expected=f"at most {MAX_PROOF_BYTES}")
    return DateArrived(issuer=sender, credential=credential, proof=proof)  # pyright: ignore[reportUnknownArgumentType]


def _token(message: Message, name: str) -> str:
    token = message.body.get(name)
    if not isinstance(token, str) or not 0 < len(token) <= MAX_TOKEN_BYTES:
        raise MalformedMessage(f"no {name}", expected=f"a compact JWS of at most {MAX_TOKEN_BYTES} characters")
    return token


def _message(
    name: str,
    ours: str,
    theirs: str,
    body: JsonObject,
    *,
    id: str,
    now: datetime,
    expires_at: datetime | None = None,
) -> Message:
    return Message(
        id=id,
        type=f"{PIURI}/{name}",
        sender=ours,
        to=(theirs,),
        created_time=now,
        expires_time=expires_at,
        body=body,
    )
