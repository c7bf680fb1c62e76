"""Constraints of a subordinate statement: how long a chain may be, of which hosts, for which entity types.

Spec: https://openid.net/specs/openid-federation-1_0.html#section-6.2
"""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from protocols.trust.refusal import StatementRefused, shown
from protocols.trust.shape import object_of, texts_of

_MAX_NAMES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraints:
    """None: not constrained. `permitted` and `excluded` are host names, or domains with a leading dot."""

    max_path_length: int | None = None
    permitted: tuple[str, ...] | None = None
    excluded: tuple[str, ...] = ()
    allowed_entity_types: tuple[str, ...] | None = None

    @staticmethod
    def parse(value: object) -> "Constraints":
        """Raises StatementRefused (`constraints`); members that the specification does not define are ignored."""
        entry = object_of(value, rule="constraints")
        length = entry.get("max_path_length")
        if length is not None and (isinstance(length, bool) or not isinstance(length, int) or length < 0):
            raise StatementRefused(
                "max_path_length is not a count", rule="constraints", found=shown(length), expected="0 or more"
            )
        naming = object_of(entry.get("naming_constraints", {}), rule="constraints")
        return Constraints(
            max_path_length=length,
            permitted=_names(naming.get("permitted")),
            excluded=_names(naming.get("excluded")) or (),
            allowed_entity_types=_names(entry.get("allowed_entity_types")),
        )

    def check(self, *, intermediates: int, subjects: Sequence[str]) -> None:
        """Raises unless a chain keeps them.

        Args:
            intermediates: how many stand between the issuer of these constraints and the chain's subject.
            subjects: entity ids of all that are under the issuer in this chain.

        Raises:
            StatementRefused: `max_path_length` or `naming_constraints`.
        """
        if self.max_path_length is not None and intermediates > self.max_path_length:
            raise StatementRefused(
                "a chain longer than its superior allows",
                rule="max_path_length",
                found=f"{intermediates} intermediates",
                expected=f"at most {self.max_path_length}",
            )
        for subject in subjects:
            host = urlsplit(subject).hostname or ""
            is_permitted = self.permitted is None or any(_under(host, name) for name in self.permitted)
            if not is_permitted or any(_under(host, name) for name in self.excluded):
                raise StatementRefused(
                    "an entity on a host that its superior does not allow",
                    rule="naming_constraints",
                    found=host,
                    expected="a permitted host that is not excluded",
                )

    def allows(self, entity_type: str) -> bool:
        """Whether metadata of this type may be used; federation_entity always may."""
        allowed = self.allowed_entity_types
        return allowed is None or entity_type == "federation_entity" or entity_type in allowed


def _under(host: str, name: str) -> bool:
    """RFC 5280 section 4.2.1.10 for URIs: `.x.com` is every host below x.com but not x.com itself."""
    return host.endswith(name) and host != name if name.startswith(".") else host == name


def _names(value: object) -> tuple[str, ...] | None:
    return None if value is None else texts_of(value, rule="constraints", at_most=_MAX_NAMES, at_least=0)
