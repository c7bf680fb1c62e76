"""Multibase and multicodec, against values published elsewhere."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.dids.multiformats import (
    InvalidKey,
    InvalidKeyLength,
    UnknownKeyType,
    add_code,
    base58_decode,
    base58_encode,
    decode_multikey,
    encode_multikey,
    multibase_decode,
    multibase_encode,
    sha256_multihash,
    split_code,
)
from protocols.errors import DidError
from protocols.jose.keys import PrivateKey


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        (b"\0", "1"),
        (b"\0\0\x01", "112"),
        (b"Hello World!", "2NEpo7TZRRrLZSi2U"),
        (bytes.fromhex("0000287fb4cd"), "11233QC4"),
    ],
)
def test_base58_as_in_the_draft(data, text):
    assert (base58_encode(data), base58_decode(text)) == (text, data)


@given(st.binary(max_size=80), st.sampled_from("zu"))
def test_multibase_comes_back(data, base):
    assert multibase_decode(multibase_encode(data, base)) == data


@given(st.integers(0, 2**28 - 1), st.binary(max_size=8))
def test_a_multicodec_comes_back(code, data):
    assert split_code(add_code(code, data)) == (code, data)


@pytest.mark.parametrize("data", [b"", b"\x80", b"\x80\x00", b"\xff\xff\xff\xff\x01", b"\xed\x80\x00"])
def test_a_varint_that_is_cut_too_long_or_not_the_shortest_is_refused(data):
    with pytest.raises(DidError):
        split_code(data)


@pytest.mark.parametrize("text", ["", "m", "zO0", "zl", "u==", "u+/", "z" + "1" * 8193])
def test_what_is_no_multibase_is_refused(text):
    with pytest.raises(DidError):
        multibase_decode(text)


@pytest.mark.parametrize(
    ("crv", "start"),
    [
        ("Ed25519", "z6Mk"),
        ("X25519", "z6LS"),
        ("P-256", "zDn"),
        ("P-384", "z82"),
        ("P-521", "z2J9"),
        ("secp256k1", "zQ3s"),
    ],
)
def test_each_curve_has_its_prefix_and_comes_back(crv, start):
    public = PrivateKey.generate(crv, os.urandom).public

    text = encode_multikey(public)

    assert text.startswith(start)
    assert decode_multikey(text) == public


def test_an_unknown_key_type_is_told_from_a_malformed_key():
    with pytest.raises(UnknownKeyType):
        decode_multikey(multibase_encode(add_code(0x1205, bytes(256))))
    wrong = {
        add_code(0xED, bytes(31)): InvalidKeyLength,
        add_code(0x1200, b"\x04" * 65): InvalidKeyLength,
        add_code(0x1200, b"\x02" + b"\xff" * 32): InvalidKey,
        add_code(0x1200, b"\x05" + b"\x01" * 32): InvalidKey,
    }
    for data, error in wrong.items():
        with pytest.raises(error):
            decode_multikey(multibase_encode(data))


def test_a_multihash_of_sha_256():
    assert sha256_multihash(b"") == "zQmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n"
