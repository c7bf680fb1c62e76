"""The master key in a file of its own, encrypted under a passphrase: what is kept where the database is not.

    {"type": "LerMasterKeyBackup", "version": 1, "did", "kdf": {"name": "scrypt", "n", "r", "p", "salt"}, "sealed"}

`sealed` is what `Sealer` makes under the derived key, bound to the DID. The parameters stand in the file, so that a
later version can ask for more work and still open what this one wrote.

Spec: https://www.rfc-editor.org/rfc/rfc7914 (scrypt)
"""

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from node.adapters.keystore import Sealer, Unsealable
from node.adapters.master_key import MAX_KEYS
from node.adapters.xaes import KEY_BYTES
from node.clock import entropy
from node.errors import BadInput, Refused
from protocols.errors import MalformedMessage
from protocols.jose.encoding import JsonObject, b64url_decode, b64url_encode

TYPE = "LerMasterKeyBackup"
VERSION = 1
MIN_PASSPHRASE_CHARACTERS = 12
MAX_PASSPHRASE_CHARACTERS = 1024
SALT_BYTES = 16
MAX_MEMORY_BYTES = 1024 * 1024 * 1024
_MAX_SEALED_CHARACTERS = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What one guess costs: 128 · n · r bytes of memory, passed over p times. 128 MiB and some 0.4 s as it is."""

    n: int = 2**17
    r: int = 8
    p: int = 1

    def __post_init__(self) -> None:
        """Raises BadInput for values that cost nothing, or more than this machine should be asked for."""
        fits = self.n & (self.n - 1) == 0 and self.n >= 2**14 and 1 <= self.r <= 32 and 1 <= self.p <= 16
        if not fits or self.memory_bytes > MAX_MEMORY_BYTES:
            raise BadInput(
                "scrypt with parameters that are not used here",
                found=f"n {self.n}, r {self.r}, p {self.p}",
                expected=f"n a power of two from 16384 on, at most {MAX_MEMORY_BYTES >> 20} MiB",
            )

    @property
    def memory_bytes(self) -> int:
        return 128 * self.n * self.r


def check_passphrase(passphrase: str) -> None:
    """Raises BadInput for one that is too short to keep a master key, or too long to be one."""
    if not MIN_PASSPHRASE_CHARACTERS <= len(passphrase) <= MAX_PASSPHRASE_CHARACTERS:
        raise BadInput(
            "a passphrase of another length",
            found=f"{len(passphrase)} characters",
            expected=f"{MIN_PASSPHRASE_CHARACTERS} to {MAX_PASSPHRASE_CHARACTERS}",
        )


def seal_master_keys(keys: Sequence[bytes], passphrase: str, *, did: str) -> JsonObject:
    """The master keys of the node `did`, under `passphrase`; raises BadInput as `check_passphrase`."""
    check_passphrase(passphrase)
    work, salt = Work(), entropy(SALT_BYTES)
    sealed = Sealer([_derived(passphrase, salt, work)]).seal(b"".join(keys), context=_context(did))
    kdf = {"name": "scrypt", **asdict(work), "salt": b64url_encode(salt)}
    return {"type": TYPE, "version": VERSION, "did": did, "kdf": kdf, "sealed": b64url_encode(sealed)}


def open_master_keys(document: JsonObject, passphrase: str, *, did: str) -> tuple[bytes, ...]:
    """The master keys in a backup, the one that seals first.

    Raises:
        BadInput: no backup of this form, or of another node.
        Refused: another passphrase, or the file was changed.
    """
    if (document.get("type"), document.get("version")) != (TYPE, VERSION):
        raise BadInput("not a backup of a master key", expected=f"a file that `keys backup` wrote, version {VERSION}")
    if document.get("did") != did:
        raise BadInput("a backup of another node's key", found=str(document.get("did"))[:120], expected=did)
    salt, work = _kdf(document.get("kdf"))
    sealed = _bytes(document.get("sealed"), "sealed", _MAX_SEALED_CHARACTERS)
    try:
        opened = Sealer([_derived(passphrase, salt, work)]).open(sealed, context=_context(did))
    except Unsealable as error:
        raise Refused("the passphrase does not open this backup") from error
    keys = tuple(opened[at : at + KEY_BYTES] for at in range(0, len(opened), KEY_BYTES))
    if not 1 <= len(keys) <= MAX_KEYS or len(keys[-1]) != KEY_BYTES:
        raise BadInput("a backup that holds no master key", expected=f"1 to {MAX_KEYS} keys of {KEY_BYTES} bytes")
    return keys


def _kdf(value: Any) -> tuple[bytes, Work]:
    if not isinstance(value, dict) or value.get("name") != "scrypt":  # pyright: ignore[reportUnknownMemberType]
        raise BadInput("a backup under another key derivation", expected="scrypt")
    numbers: dict[str, Any] = {name: value.get(name) for name in ("n", "r", "p")}  # pyright: ignore[reportUnknownMemberType]
    if any(type(number) is not int for number in numbers.values()):
        raise BadInput("scrypt without its parameters", expected="whole numbers n, r and p")
    return _bytes(value.get("salt"), "salt", 64), Work(**numbers)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]


def _bytes(value: Any, name: str, at_most: int) -> bytes:
    if not isinstance(value, str) or len(value) > at_most:
        raise BadInput(f"a backup without {name}", expected=f"base64url of at most {at_most} characters")
    try:
        return b64url_decode(value)
    except MalformedMessage as error:
        raise BadInput(f"a backup without {name}", expected="base64url without padding") from error


def _derived(passphrase: str, salt: bytes, work: Work) -> bytes:
    """The same for the same letters, however a keyboard composed them."""
    return hashlib.scrypt(
        unicodedata.normalize("NFC", passphrase).encode("utf-8"),
        salt=salt,
        n=work.n,
        r=work.r,
        p=work.p,
        maxmem=work.memory_bytes + 128 * work.r * (work.p + 2) + 1024 * 1024,
        dklen=KEY_BYTES,
    )


def _context(did: str) -> str:
    return f"master-key-backup:{did}"
