"""SD-JWT: a token whose claims can be disclosed one by one. Its parts, and the claims that its disclosures restore.

A claim that may be withheld stands in the payload as a digest only; the holder sends the disclosures of those that
are to be seen. Everything a stranger could put together in two ways is refused: a digest that stands twice, a
disclosure that no digest asks for, a name that is there already.

Spec: https://www.rfc-editor.org/rfc/rfc9901
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from protocols.credentials.enveloped.kinds import MAX_ENVELOPE_CHARACTERS
from protocols.errors import MalformedCredential, MalformedMessage, TooLarge, UnsupportedMessage
from protocols.jose.encoding import MAX_JSON_DEPTH, JsonObject, b64url_decode, b64url_encode, canonical_json, parse_json

MAX_DISCLOSURES = 512
MAX_DISCLOSURE_CHARACTERS = 64 * 1024
DEFAULT_ALGORITHM = "sha-256"
_HASHES: Mapping[str, Callable[[bytes], Any]] = {
    "sha-256": hashlib.sha256,
    "sha-384": hashlib.sha384,
    "sha-512": hashlib.sha512,
}
_RESERVED = ("_sd", "...", "_sd_alg")

Place = tuple[str | int, ...]
"""Where a value stands in the claims: names, and positions in lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """One claim (`name` given) or one element of a list (`name` None), as its holder shows it.

    Args:
        text: the base64url that travels; its digest is over exactly these characters.
    """

    text: str
    name: str | None
    value: Any

    def digest(self, algorithm: str) -> str:
        """base64url of the hash of `text`."""
        return hash_text(self.text, algorithm)


@dataclass(frozen=True, slots=True, kw_only=True)
class SdJwt:
    """The parts of a compact SD-JWT; nothing was verified.

    Args:
        token: the issuer-signed JWT.
        key_binding: the key binding JWT, None where there is none.
    """

    token: str
    disclosures: tuple[Disclosure, ...]
    key_binding: str | None = None

    @property
    def without_key_binding(self) -> str:
        """What a key binding JWT is bound to: everything before it, with the last tilde (section 4.3.1)."""
        return "".join(f"{part}~" for part in (self.token, *(shown.text for shown in self.disclosures)))

    def __str__(self) -> str:
        return self.without_key_binding + (self.key_binding or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """The processed claims, and where each disclosure's value stands in them, by digest."""

    claims: JsonObject
    places: Mapping[str, Place]


def parse_sd_jwt(text: str) -> SdJwt:
    """The parts of a compact SD-JWT.

    Raises:
        TooLarge: over 400 KiB, 512 disclosures, or 64 KiB in one of them.
        MalformedCredential: no tilde, or a disclosure that is not base64url of a list of two or three members.
    """
    if len(text) > MAX_ENVELOPE_CHARACTERS:
        raise TooLarge("an SD-JWT too large", expected=f"at most {MAX_ENVELOPE_CHARACTERS} characters")
    count = text.count("~")
    if not count or not text.isascii():
        raise MalformedCredential("not an SD-JWT", expected="a token, disclosures and a last tilde")
    if count - 1 > MAX_DISCLOSURES:
        raise TooLarge("too many disclosures", found=str(count - 1), expected=f"at most {MAX_DISCLOSURES}")
    token, *disclosures, key_binding = text.split("~")
    shown = tuple(parse_disclosure(disclosure) for disclosure in disclosures)
    return SdJwt(token=token, disclosures=shown, key_binding=key_binding or None)


def parse_disclosure(text: str) -> Disclosure:
    """The disclosure in base64url text (section 4.2); raises MalformedCredential or TooLarge."""
    if len(text) > MAX_DISCLOSURE_CHARACTERS:
        raise TooLarge("a disclosure too large", expected=f"at most {MAX_DISCLOSURE_CHARACTERS} characters")
    try:
        found = parse_json(b64url_decode(text))
    except TooLarge:
        raise
    except MalformedMessage as error:
        raise MalformedCredential("a disclosure that cannot be read", found=error.detail) from error
    parts = cast("list[Any]", found) if isinstance(found, list) else []
    if len(parts) not in (2, 3) or not isinstance(parts[0], str) or (len(parts) == 3 and not isinstance(parts[1], str)):
        raise MalformedCredential("a disclosure of another form", expected="[salt, name, value] or [salt, value]")
    name = parts[1] if len(parts) == 3 else None
    if name in _RESERVED:
        raise MalformedCredential("a disclosure of a reserved name", found=name)
    return Disclosure(text=text, name=name, value=parts[-1])


def make_disclosure(salt: str, name: str | None, value: Any) -> Disclosure:
    """The disclosure of `value`, as a claim `name` or as an element of a list."""
    parts = [salt, value] if name is None else [salt, name, value]
    return Disclosure(text=b64url_encode(canonical_json(parts)), name=name, value=value)


def algorithm_of(payload: Mapping[str, Any]) -> str:
    """The hash of a payload's digests, SHA-256 where it names none (section 4.1.1).

    Raises:
        UnsupportedMessage: one that is not known here.
        MalformedCredential: no name.
    """
    algorithm = payload.get("_sd_alg", DEFAULT_ALGORITHM)
    if not isinstance(algorithm, str):
        raise MalformedCredential("_sd_alg is not a name", expected=", ".join(_HASHES))
    if algorithm not in _HASHES:
        raise UnsupportedMessage("digests of an unknown hash", found=algorithm[:40], expected=", ".join(_HASHES))
    return algorithm


def hash_text(text: str, algorithm: str) -> str:
    """base64url of the hash of ASCII `text`; `algorithm` is known."""
    return b64url_encode(_HASHES[algorithm](text.encode("ascii")).digest())


def has_digests(value: Any) -> bool:
    """Whether anything within `value`, disclosed or not, could have been withheld."""
    if isinstance(value, dict):
        members = cast("JsonObject", value)
        return "_sd" in members or "..." in members or any(map(has_digests, members.values()))
    return isinstance(value, list) and any(map(has_digests, cast("list[Any]", value)))


def restore(payload: JsonObject, disclosures: Iterable[Disclosure]) -> Restored:
    """The claims with every disclosure in its place, digests removed (section 7.1, steps 3 to 5).

    Raises:
        MalformedCredential: a digest twice, a disclosure twice or of no digest, one of the wrong form for its
            place, a name that is there already, digests that are none.
        UnsupportedMessage: an unknown hash.
        TooLarge: nested over 32 levels, disclosures counted in.
    """
    algorithm = algorithm_of(payload)
    by_digest: dict[str, Disclosure] = {}
    for disclosure in disclosures:
        if by_digest.setdefault(disclosure.digest(algorithm), disclosure) is not disclosure:
            raise MalformedCredential("a disclosure stands twice", expected="each once")
    restoring = _Restoring(by_digest)
    claims = restoring.object(payload, ())
    if by_digest.keys() - restoring.places.keys():
        raise MalformedCredential("a disclosure that no digest asks for", expected="only those of this token")
    return Restored(claims=claims, places=restoring.places)


@dataclass(slots=True)
class _Restoring:
    """One walk through a payload."""

    by_digest: Mapping[str, Disclosure]
    seen: set[str] = field(default_factory=set[str])
    places: dict[str, Place] = field(default_factory=dict[str, Place])

    def value(self, value: Any, place: Place) -> Any:
        if len(place) > MAX_JSON_DEPTH:
            raise TooLarge("claims nested too deeply", expected=f"at most {MAX_JSON_DEPTH} levels")
        if isinstance(value, dict):
            return self.object(cast("JsonObject", value), place)
        return self.elements(cast("list[Any]", value), place) if isinstance(value, list) else value

    def object(self, value: JsonObject, place: Place) -> JsonObject:
        if "..." in value or (place and "_sd_alg" in value):
            raise MalformedCredential("a reserved name out of place", found="..." if "..." in value else "_sd_alg")
        kept = {name: item for name, item in value.items() if name not in _RESERVED}
        result = {name: self.value(item, (*place, name)) for name, item in kept.items()}
        for digest in _digests(value):
            disclosure = self.take(digest)
            if disclosure is None:
                continue
            if disclosure.name is None:
                raise MalformedCredential("an element of a list disclosed as a claim", expected="[salt, name, value]")
            if disclosure.name in result:
                raise MalformedCredential("a disclosure of a claim that is there already", expected="a new name")
            result[disclosure.name] = self.put(digest, disclosure, (*place, disclosure.name))
        return result

    def elements(self, value: list[Any], place: Place) -> list[Any]:
        result: list[Any] = []
        for item in value:
            members = cast("JsonObject", item) if isinstance(item, dict) else {}
            if "..." not in members:
                result.append(self.value(item, (*place, len(result))))
                continue
            digest = members["..."]
            if len(members) != 1 or not isinstance(digest, str):
                raise MalformedCredential("a withheld element of another form", expected="{...: digest} alone")
            disclosure = self.take(digest)
            if disclosure is None:
                continue
            if disclosure.name is not None:
                raise MalformedCredential("a claim disclosed as an element of a list", expected="[salt, value]")
            result.append(self.put(digest, disclosure, (*place, len(result))))
        return result

    def take(self, digest: str) -> Disclosure | None:
        if digest in self.seen:
            raise MalformedCredential("a digest stands twice", expected="each once")
        self.seen.add(digest)
        return self.by_digest.get(digest)

    def put(self, digest: str, disclosure: Disclosure, place: Place) -> Any:
        self.places[digest] = place
        return self.value(disclosure.value, place)


def _digests(value: JsonObject) -> list[str]:
    found = value.get("_sd", [])
    digests = (
        [digest for digest in cast("list[Any]", found) if isinstance(digest, str)] if isinstance(found, list) else []
    )
    if not isinstance(found, list) or len(digests) != len(cast("list[Any]", found)):
        raise MalformedCredential("_sd is not a list of digests", expected="strings")
    return digests
