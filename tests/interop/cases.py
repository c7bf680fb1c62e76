"""What is exchanged with each counterpart, written once for both directions."""

from collections.abc import Iterator
from dataclasses import dataclass

SIGNERS = {"EdDSA": "Ed25519", "ES256": "P-256", "ES256K": "secp256k1"}


@dataclass(frozen=True, kw_only=True)
class Case:
    """One kind of envelope.

    Args:
        layers: as `Unpacked.layers` names them, outermost first.
        crv: the curve of the key agreement; ignored where nothing is encrypted.
        alg: of the signature, where one is made.
        all_keys: encrypt for every key of the curve, named by the DID, instead of one named by its key id.
        rotated: the message carries from_prior.
        forward: the envelope travels in a routing/2.0 forward to the recipient as its own mediator.
    """

    layers: tuple[str, ...]
    crv: str = "X25519"
    enc: str = "A256CBC-HS512"
    alg: str = "EdDSA"
    all_keys: bool = False
    rotated: bool = False
    forward: bool = False

    @property
    def name(self) -> str:
        encrypted = "signed" not in self.layers[:1]
        words = [
            "forward of" if self.forward else "",
            "(".join(self.layers) + ")" * (len(self.layers) - 1),
            f"{self.crv} {self.enc}" if encrypted else "",
            self.alg if "signed" in self.layers else "",
            "to all keys" if self.all_keys else "",
            "with from_prior" if self.rotated else "",
        ]
        return " ".join(word for word in words if word)

    @property
    def needs(self) -> str | None:
        return None if self.layers == ("signed",) else self.crv


def cases() -> Iterator[Case]:
    for crv in ("X25519", "P-256", "P-384", "P-521"):
        yield Case(layers=("authcrypt",), crv=crv)
        yield Case(layers=("anoncrypt",), crv=crv)
    for enc in ("A256GCM", "XC20P"):
        yield Case(layers=("anoncrypt",), enc=enc)
        yield Case(layers=("anoncrypt",), crv="P-256", enc=enc)
    for alg in SIGNERS:
        yield Case(layers=("signed",), alg=alg)
        yield Case(layers=("authcrypt", "signed"), alg=alg)
    yield Case(layers=("anoncrypt", "signed"))
    yield Case(layers=("anoncrypt", "authcrypt"))
    yield Case(layers=("authcrypt",), all_keys=True)
    yield Case(layers=("anoncrypt",), enc="XC20P", all_keys=True)
    yield Case(layers=("authcrypt",), rotated=True)
    yield Case(layers=("authcrypt",), forward=True)
