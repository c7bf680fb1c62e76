"""Private keys at rest: AES-256-GCM under a key from a passphrase, or from a file in the wallet's folder.

A file protects against a copy of the database alone; a passphrase against a copy of the whole folder.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from node.demo.wallet.clock import entropy
from node.demo.wallet.errors import Locked

KEY_BYTES = 32
NONCE_BYTES = 12
KEY_FILE, SALT_FILE = "wallet.key", "wallet.salt"


@dataclass(frozen=True, slots=True, repr=False)
class Seal:
    """Seals bytes for one purpose each; what was sealed for one does not open for another."""

    key: bytes

    def seal(self, plain: bytes, purpose: str) -> bytes:
        nonce = entropy(NONCE_BYTES)
        return nonce + AESGCM(self.key).encrypt(nonce, plain, purpose.encode())

    def open(self, sealed: bytes, purpose: str) -> bytes:
        """Raises Locked when this is not the key it was sealed with."""
        try:
            return AESGCM(self.key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], purpose.encode())
        except InvalidTag as error:
            raise Locked("the wallet does not open", expected="its passphrase, or its own key file") from error


def seal_of(folder: Path, passphrase: str | None) -> Seal:
    """The seal of the wallet in `folder`; the folder and its key file or salt are made at the first use."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if passphrase is None:
        return Seal(_kept(folder / KEY_FILE, KEY_BYTES))
    salt = _kept(folder / SALT_FILE, 16)
    return Seal(Scrypt(salt=salt, length=KEY_BYTES, n=2**15, r=8, p=1).derive(passphrase.encode()))


def _kept(path: Path, length_bytes: int) -> bytes:
    """The bytes in a file that only its owner reads; made whole or not at all, whoever comes first."""
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(entropy(length_bytes))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    kept = path.read_bytes()
    if len(kept) != length_bytes:
        raise Locked("the wallet's key file is damaged", found=f"{len(kept)} bytes", expected=f"{length_bytes} bytes")
    return kept
