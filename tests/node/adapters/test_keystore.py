"""Keys at rest and in use (threat M6)."""

import os
import stat
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from node.adapters import xaes
from node.adapters.keystore import Keystore, Sealer, Unsealable, open_keystore
from node.adapters.master_key import create_master_key, load_master_keys
from node.clock import entropy
from node.errors import ConfigurationError, EngineError
from node.settings import Settings, load_settings
from protocols.jose.encoding import b64url_encode
from protocols.jose.keys import PrivateKey, PublicKey

OLD, NEW = b"o" * 32, b"n" * 32


@dataclass(frozen=True, kw_only=True)
class Row:
    kid: str
    purpose: str
    sealed: bytes


def settings(folder: Path, **overrides: Any) -> Settings:
    return load_settings(folder, did="did:web:localhost%3A8101", name="N", **overrides)


@pytest.mark.parametrize(
    ("key", "aad", "expected"),
    [
        (b"\x01" * 32, b"", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"),
        (b"\x03" * 32, b"c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"),
    ],
)
def test_the_cipher_gives_what_its_specification_gives(key: bytes, aad: bytes, expected: str) -> None:
    nonce = b"ABCDEFGHIJKLMNOPQRSTUVWX"

    sealed = xaes.seal(key, nonce, b"XAES-256-GCM", aad)

    assert sealed.hex() == expected
    assert xaes.open(key, nonce, sealed, aad) == b"XAES-256-GCM"


@pytest.mark.parametrize("plaintext", [b"", b"a word or two", b"secret" * 100_000])
def test_what_was_sealed_opens_in_its_context(plaintext: bytes) -> None:
    sealer = Sealer([OLD])
    sealed = sealer.seal(plaintext, context="outbox")

    assert len(sealed) == len(plaintext) + Sealer.OVERHEAD_BYTES
    assert not plaintext or plaintext[:16] not in sealed[33:]
    assert sealer.open(sealed, context="outbox") == plaintext


def test_the_same_secret_sealed_twice_looks_different() -> None:
    sealer = Sealer([OLD])

    assert sealer.seal(b"x", context="c") != sealer.seal(b"x", context="c")


def test_a_sealed_value_opens_in_no_other_context() -> None:
    sealed = Sealer([OLD]).seal(b"x", context="key:a")

    with pytest.raises(Unsealable) as caught:
        Sealer([OLD]).open(sealed, context="key:b")
    assert not caught.value.retryable


def test_a_sealed_value_with_any_bit_changed_does_not_open() -> None:
    sealer = Sealer([OLD])
    sealed = sealer.seal(b"x", context="c")

    for index in range(len(sealed)):
        altered = bytearray(sealed)
        altered[index] ^= 1
        with pytest.raises(Unsealable):
            sealer.open(bytes(altered), context="c")
    for length in range(len(sealed)):
        with pytest.raises(Unsealable):
            sealer.open(sealed[:length], context="c")


def test_a_new_master_key_seals_while_the_old_one_still_opens() -> None:
    before = Sealer([OLD]).seal(b"x", context="c")
    rotating = Sealer([NEW, OLD])

    assert rotating.open(before, context="c") == b"x"
    assert not rotating.is_current(before)
    again = rotating.seal(b"x", context="c")
    assert rotating.is_current(again)
    assert Sealer([NEW]).open(again, context="c") == b"x"
    with pytest.raises(Unsealable, match="another master key"):
        Sealer([NEW]).open(before, context="c")


def test_keys_that_were_stored_sign_and_agree_again() -> None:
    keystore = Keystore(Sealer([OLD]))
    issue, issue_sealed = keystore.generate("assertionMethod", "Ed25519", "did:web:a#issue-1")
    agree, agree_sealed = keystore.generate("keyAgreement", "X25519", "did:web:a#agree-1")

    keystore.load(
        [
            Row(kid="did:web:a#issue-1", purpose="assertionMethod", sealed=issue_sealed),
            Row(kid="did:web:a#agree-1", purpose="keyAgreement", sealed=agree_sealed),
        ]
    )

    signer = keystore.signer("did:web:a#issue-1")
    assert issue == {**signer.public.to_jwk(), "kid": "did:web:a#issue-1"}
    assert signer.public.verify(b"data", signer.sign(b"data"))
    assert list(keystore.agreements()) == ["did:web:a#agree-1"]
    other = PrivateKey.generate("X25519", entropy)
    held = keystore.agreements()["did:web:a#agree-1"]
    assert held.public == PublicKey.from_jwk({name: agree[name] for name in ("kty", "crv", "x")})
    assert held.exchange(other.public) == other.exchange(held.public)


def test_a_key_without_a_name_is_named_by_its_thumbprint() -> None:
    public, _ = Keystore(Sealer([OLD])).generate("federation", "Ed25519")

    assert public["kid"] == PublicKey.from_jwk({name: public[name] for name in ("kty", "crv", "x")}).thumbprint


def test_a_private_key_can_neither_be_seen_nor_taken() -> None:
    keystore = Keystore(Sealer([OLD]))
    _, sealed = keystore.generate("authentication", "Ed25519", "k")
    keystore.load([Row(kid="k", purpose="authentication", sealed=sealed)])
    signer = keystore.signer("k")

    assert [name for name in dir(signer) if not name.startswith("_")] == ["kid", "public", "sign"]
    secret = signer._key.secret  # pyright: ignore
    for text in (repr(signer), repr(keystore), repr(keystore.sealer), str(vars(Keystore))):
        assert secret.hex() not in text
        assert b64url_encode(secret) not in text
        assert repr(secret) not in text
    assert secret not in sealed


@pytest.mark.parametrize(
    ("purpose", "crv"),
    [("keyAgreement", "Ed25519"), ("assertionMethod", "X25519"), ("authentication", "RSA"), ("keyAgreement", "")],
)
def test_a_key_is_of_a_curve_that_serves_its_purpose(purpose: str, crv: str) -> None:
    with pytest.raises(ConfigurationError):
        Keystore(Sealer([OLD])).generate(purpose, crv)


def test_rows_that_were_swapped_do_not_open() -> None:
    keystore = Keystore(Sealer([OLD]))
    _, sealed = keystore.generate("assertionMethod", "Ed25519", "a")
    row = Row(kid="a", purpose="assertionMethod", sealed=sealed)

    with pytest.raises(ConfigurationError) as caught:
        keystore.load([replace(row, kid="b")])
    assert (caught.value.found, caught.value.expected) == ("b", "the master key it was sealed under")


def test_a_failed_load_leaves_the_keys_that_were_in_use() -> None:
    keystore = Keystore(Sealer([OLD]))
    _, sealed = keystore.generate("assertionMethod", "Ed25519", "a")
    row = Row(kid="a", purpose="assertionMethod", sealed=sealed)
    keystore.load([row])

    with pytest.raises(ConfigurationError):
        keystore.load([row, replace(row, kid="b")])
    assert keystore.signer("a").kid == "a"


def test_a_key_that_is_not_held_is_an_error() -> None:
    with pytest.raises(EngineError):
        Keystore(Sealer([OLD])).signer("nobody")


def test_the_master_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    made = create_master_key(settings(tmp_path))

    assert made == tmp_path / "secrets" / "master.key"
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.parent.stat().st_mode) == 0o700
    (key,) = load_master_keys(settings(tmp_path))
    assert made.read_text() == b64url_encode(key) + "\n"
    with pytest.raises(ConfigurationError, match="there is a master key already"):
        create_master_key(settings(tmp_path))
    assert load_master_keys(settings(tmp_path)) == (key,)
    assert open_keystore(settings(tmp_path)).sealer.is_current(Sealer([key]).seal(b"", context=""))


def test_a_master_key_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    made = create_master_key(settings(tmp_path))
    assert made is not None
    os.chmod(made, 0o640)

    with pytest.raises(ConfigurationError, match="others can read the master key"):
        load_master_keys(settings(tmp_path))


def test_the_environment_comes_before_a_command_before_the_file(tmp_path: Path) -> None:
    create_master_key(settings(tmp_path))
    command = f"printf %s {b64url_encode(OLD)}"
    given = settings(
        tmp_path, keys={"master": f"{b64url_encode(NEW)}\n{b64url_encode(OLD)}", "master_command": command}
    )
    asked = settings(tmp_path, keys={"master_command": command})

    assert load_master_keys(given) == (NEW, OLD)
    assert load_master_keys(asked) == (OLD,)
    assert load_master_keys(settings(tmp_path)) not in ((NEW, OLD), (OLD,))
    assert create_master_key(given) is None
    assert create_master_key(asked) is None


@pytest.mark.parametrize(
    "keys",
    [
        {"master": "short"},
        {"master": "!" * 43},
        {"master": b64url_encode(OLD) + "\nhunter2"},
        {"master_command": "false"},
        {"master_command": "/no/such/command"},
        {"master_command": "printf hunter2"},
        {"master_file": "/no/such/file"},
    ],
)
def test_a_master_key_that_cannot_be_had_is_a_configuration_error_without_the_secret(
    tmp_path: Path, keys: dict[str, str]
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_master_keys(settings(tmp_path, keys=keys))
    assert caught.value.expected
    assert "hunter2" not in f"{caught.value.detail}{caught.value.found}{caught.value.expected}"
