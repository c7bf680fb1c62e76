"""What an issuer makes disclosable and what a holder discloses, by claim paths.

A path is what OpenID4VP 1.0 section 7 calls a claims path pointer: names, positions in lists, and None for every
element of a list.

Specs: https://www.rfc-editor.org/rfc/rfc9901#section-4, https://openid.net/specs/openid-4-verifiable-presentations-1_0.html
"""

import copy
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, cast

from protocols.credentials.enveloped.sd_jwt import (
    DEFAULT_ALGORITHM,
    MAX_DISCLOSURES,
    Disclosure,
    Place,
    SdJwt,
    has_digests,
    hash_text,
    make_disclosure,
    restore,
)
from protocols.errors import MalformedCredential, TooLarge
from protocols.jose.encoding import MAX_JSON_DEPTH, JsonObject, b64url_encode
from protocols.jose.keys import Entropy

SALT_BYTES = 16

Path = Sequence[str | int | None]


def conceal(
    claims: JsonObject,
    paths: Iterable[Path],
    *,
    entropy: Entropy,
    decoys: int = 0,
    algorithm: str = DEFAULT_ALGORITHM,
) -> tuple[JsonObject, tuple[Disclosure, ...]]:
    """The payload with a digest in place of each value at `paths`, and the disclosures of those.

    A path within another one makes a disclosure within a disclosure: the inner can be withheld where the outer is
    shown. Digests are sorted, so that their order tells nothing.

    Args:
        decoys: digests of nothing to add to each object that has withheld members (section 4.2.5); each such list
            gets up to as many, how many is drawn.

    Raises:
        MalformedCredential: a path to nothing, or claims that use a reserved name.
        TooLarge: more than 512 disclosures, or a path over 32 steps.
    """
    payload = copy.deepcopy(claims)
    if has_digests(payload) or "_sd_alg" in payload:
        raise MalformedCredential("claims with a reserved name", expected="neither _sd, _sd_alg nor ...")
    places = {place for path in paths for place in _found(payload, tuple(path))}
    if len(places) > MAX_DISCLOSURES:
        raise TooLarge("too many disclosures", found=str(len(places)), expected=f"at most {MAX_DISCLOSURES}")
    made: list[Disclosure] = []
    for parent in sorted({place[:-1] for place in places}, key=len, reverse=True):
        names = sorted((place[-1] for place in places if place[:-1] == parent), key=str)
        made += _withhold(_at(payload, parent), names, entropy, decoys, algorithm)
    if made:
        payload["_sd_alg"] = algorithm
    return payload, tuple(made)


def select(sd_jwt: SdJwt, payload: JsonObject, paths: Iterable[Path]) -> SdJwt:
    """`sd_jwt` with the disclosures that the values at `paths` need, whole, and no others; without key binding.

    A path to an object shows everything in it; a longer path shows less.

    Args:
        payload: of its token, as the holder received it, verified.

    Raises:
        MalformedCredential: a path to nothing that is there, or a token that cannot be restored.
    """
    restored = restore(payload, sd_jwt.disclosures)
    algorithm = payload.get("_sd_alg", DEFAULT_ALGORITHM)
    wanted = [place for path in paths for place in _found(restored.claims, tuple(path))]
    kept = tuple(
        disclosure
        for disclosure in sd_jwt.disclosures
        if any(_is_needed(restored.places[disclosure.digest(algorithm)], place) for place in wanted)
    )
    return replace(sd_jwt, disclosures=kept, key_binding=None)


def _is_needed(place: Place, wanted: Place) -> bool:
    shorter = min(len(place), len(wanted))
    return place[:shorter] == wanted[:shorter]


def _found(claims: JsonObject, path: tuple[str | int | None, ...]) -> list[Place]:
    """The places that a path points to; raises MalformedCredential where there is none."""
    if not path or len(path) > MAX_JSON_DEPTH:
        raise MalformedCredential("a claim path of no use", found=f"{len(path)} steps", expected="1 to 32")
    places: list[Place] = [()]
    for step in path:
        places = [(*place, name) for place in places for name in _steps(_at(claims, place), step)]
    if not places:
        raise MalformedCredential("a claim path that points to nothing", found=str(list(path))[:80])
    return places


def _steps(value: Any, step: str | int | None) -> list[str | int]:
    if isinstance(value, dict):
        return [step] if isinstance(step, str) and step in value else []
    if isinstance(value, list):
        count = len(cast("list[Any]", value))
        if step is None:
            return list(range(count))
        return [step] if isinstance(step, int) and 0 <= step < count else []
    return []


def _at(claims: JsonObject, place: Place) -> Any:
    value: Any = claims
    for step in place:
        value = value[step]
    return value


def _withhold(
    container: Any, names: Sequence[str | int], entropy: Entropy, decoys: int, algorithm: str
) -> list[Disclosure]:
    """Puts digests in place of the named members of `container`."""
    made: list[Disclosure] = []
    digests: list[str] = [hash_text(_salt(entropy), algorithm) for _ in range(decoys)]
    for name in names:
        disclosure = make_disclosure(_salt(entropy), name if isinstance(name, str) else None, container[name])
        made.append(disclosure)
        if isinstance(name, str):
            del container[name]
            digests.append(disclosure.digest(algorithm))
        else:
            container[name] = {"...": disclosure.digest(algorithm)}
    if isinstance(container, dict):
        container["_sd"] = sorted(digests)
    else:
        # at the end, for holders count positions as they stand here; not always as many, or all would know which
        drawn = entropy(1)[0] % (decoys + 1)
        cast("list[Any]", container).extend({"...": digest} for digest in digests[:drawn])
    return made


def _salt(entropy: Entropy) -> str:
    return b64url_encode(entropy(SALT_BYTES))
