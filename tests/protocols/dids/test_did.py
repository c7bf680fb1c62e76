"""DID syntax, did:web and what resolves without a network."""

import os

import pytest

from protocols.dids.did import absolute, check_did, did_of, method_of
from protocols.dids.jwk import did_jwk, resolve_jwk
from protocols.dids.key import did_key, resolve_key
from protocols.dids.methods import UnsupportedDidMethod, resolve_offline
from protocols.dids.web import did_web, document_url
from protocols.errors import DidError
from protocols.jose.encoding import b64url_encode, canonical_json
from protocols.jose.keys import PrivateKey, PublicKey


@pytest.mark.parametrize(
    "url", ["did:web:a.example", "did:web:a.example#k", "did:web:a.example/p?q#k", "did:web:a.example?v=1"]
)
def test_the_did_of_a_did_url(url):
    assert did_of(url) == "did:web:a.example"


def test_relative_references_are_made_absolute():
    assert absolute("did:web:a.example", "#k") == "did:web:a.example#k"
    assert absolute("did:web:a.example", "did:web:b.example#k") == "did:web:b.example#k"


@pytest.mark.parametrize("did", ["did:web:a", "did:peer:2.Vz6", "did:web:a%3A80:b", "did:x:_", "did:x::a"])
def test_dids(did):
    assert check_did(did) == did


@pytest.mark.parametrize(
    "text",
    [
        "",
        "did:web",
        "did:web:",
        "did:Web:a",
        "DID:web:a",
        "did:web:a#k",
        "did:web:a/b",
        "did:web:a?b",
        "did:web:a b",
        "did:web:a\n",
        "did:web:a%zz",
        "did:web:a:",
        "did:web:ä",
        "did:web:" + "a" * 8190,
    ],
)
def test_what_is_no_did(text):
    with pytest.raises(DidError):
        check_did(text)


@pytest.mark.parametrize(
    ("did", "url"),
    [
        ("did:web:college.example", "https://college.example/.well-known/did.json"),
        ("did:web:college.example%3A8443", "https://college.example:8443/.well-known/did.json"),
        ("did:web:localhost%3A8101", "https://localhost:8101/.well-known/did.json"),
        ("did:web:college.example:dept:cs", "https://college.example/dept/cs/did.json"),
        ("did:web:college.example%3A8443:dept", "https://college.example:8443/dept/did.json"),
        ("did:web:xn--hochschule-mnchen-x6b.example", "https://xn--hochschule-mnchen-x6b.example/.well-known/did.json"),
    ],
)
def test_where_the_document_of_a_did_web_stands(did, url):
    assert document_url(did) == url
    assert did_web(url.removesuffix("/did.json").removesuffix("/.well-known")) == did


@pytest.mark.parametrize(
    "did",
    [
        "did:web:a.example:..:b",
        "did:web:a.example:.",
        "did:web:a.example:%2E%2E:b",
        "did:web:a.example:b%2fc",
        "did:web:a.example:b%2Fc",
        "did:web:a.example%2Fb",
        "did:web:a.example%2fb",
        "did:web:user%40a.example",
        "did:web:a.example%40b.example",
        "did:web:a.example%3fq",
        "did:web:a.example%23f",
        "did:web:a.example:b%3Fq",
        "did:web:a.example:b%23f",
        "did:web:a.example%3a80",
        "did:web:a.example%3A",
        "did:web:a.example%3A0",
        "did:web:a.example%3A99999",
        "did:web:a.example%3A80%3A81",
        "did:web:a.example%253A80",
        "did:web:a.example%00",
        "did:web:127.0.0.1",
        "did:web:169.254.169.254:latest",
        "did:web:2130706433",
        "did:web:0x7f.1",
        "did:web:%5B%3A%3A1%5D",
        "did:web:A.example",
        "did:web:-a.example",
        "did:web:a..example",
        "did:web:a_b.example",
        "did:web:a.example:",
        "did:web:a.example::b",
        "did:web:.well-known",
        "did:web:a.example:.well-known",
        "did:web:" + ".".join(["a" * 63] * 5),
        "did:key:z6Mk",
    ],
)
def test_a_did_web_that_would_lead_elsewhere_is_refused(did):
    with pytest.raises(DidError):
        document_url(did)


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example",
        "https://user@a.example",
        "https://a.example?q=1",
        "https://a.example#f",
        "https://127.0.0.1",
        "https://[::1]:80",
        "https://a.example:port",
        "https://a.example/%2e%2e/b",
        "https://a.example/../b",
        "https://",
        "a.example",
    ],
)
def test_a_url_that_has_no_did_web(url):
    with pytest.raises(DidError):
        did_web(url)


def test_the_default_port_is_left_out():
    assert did_web("https://a.example:443/") == "did:web:a.example"


def test_an_ed25519_did_key_of_the_specification_with_its_derived_agreement_key():
    did = "did:key:z6MknCCLeeHBUaHu4aHSVLDCYQW9gjVJ7a63FpMvtuVMy53T"
    agreement = f"{did}#z6LSotGbgPCJD2Y6TSvvgxERLTfVZxCh9KSrez3WNrNp7vKW"

    document = resolve_key(did)

    signing = f"{did}#z6MknCCLeeHBUaHu4aHSVLDCYQW9gjVJ7a63FpMvtuVMy53T"
    assert document.relationships == {
        "authentication": (signing,),
        "assertionMethod": (signing,),
        "keyAgreement": (agreement,),
        "capabilityInvocation": (signing,),
        "capabilityDelegation": (signing,),
    }
    assert {kid: method.key.crv for kid, method in document.methods.items()} == {
        signing: "Ed25519",
        agreement: "X25519",
    }


@pytest.mark.parametrize(
    ("crv", "authenticates", "agrees"),
    [
        ("Ed25519", True, "X25519"),
        ("X25519", False, "X25519"),
        ("P-256", True, "P-256"),
        ("P-384", True, "P-384"),
        ("P-521", True, "P-521"),
        ("secp256k1", True, None),
    ],
)
def test_what_a_did_key_of_each_curve_may_do(crv, authenticates, agrees):
    public = PrivateKey.generate(crv, os.urandom).public

    document = resolve_key(did_key(public))

    assert [m.key for m in document.keys_for("authentication")] == ([public] if authenticates else [])
    assert [m.key.crv for m in document.keys_for("keyAgreement")] == ([agrees] if agrees else [])


@pytest.mark.parametrize("did", ["did:key:z6Mk", "did:key:u7QE", "did:key:zQmX", "did:key:", "did:jwk:z6Mk"])
def test_a_did_key_that_is_no_key_is_refused(did):
    with pytest.raises(DidError):
        resolve_key(did)


def test_an_ed25519_key_without_a_montgomery_form_is_refused():
    for y in (0, 1, 2**255 - 20, 2**255 - 1):
        with pytest.raises(DidError):
            resolve_key(did_key(PublicKey("Ed25519", y.to_bytes(32, "little"))))


@pytest.mark.parametrize(
    ("crv", "use", "signs", "agrees"),
    [
        ("Ed25519", None, True, False),
        ("X25519", "enc", False, True),
        ("P-256", None, True, True),
        ("P-256", "sig", True, False),
        ("P-256", "enc", False, True),
    ],
)
def test_what_a_did_jwk_may_do(crv, use, signs, agrees):
    public = PrivateKey.generate(crv, os.urandom).public
    jwk = public.to_jwk() | ({"use": use} if use else {})
    did = "did:jwk:" + b64url_encode(canonical_json(jwk))

    document = resolve_jwk(did)

    assert [m.key for m in document.keys_for("assertionMethod")] == ([public] if signs else [])
    assert [m.id for m in document.keys_for("keyAgreement")] == ([f"{did}#0"] if agrees else [])


@pytest.mark.parametrize("value", [b"[]", b"{}", b'{"kty":"oct","k":"AA"}', b'{"kty":"OKP","crv":"Ed25519","x":"AA"}'])
def test_a_did_jwk_without_a_public_key_is_refused(value):
    with pytest.raises(DidError):
        resolve_jwk("did:jwk:" + b64url_encode(value))


def test_a_did_jwk_with_a_private_key_is_refused():
    secret = PrivateKey.generate("Ed25519", os.urandom)

    assert resolve_offline(did_jwk(secret.public)) is not None
    with pytest.raises(DidError):
        resolve_jwk("did:jwk:" + b64url_encode(canonical_json(secret.to_jwk())))


@pytest.mark.parametrize("did", ["did:web:a.example", "did:peer:4zQmd8CpeFPci817KDsbSAKWcXAE2mjvCQSasRewvbSF54Bd"])
def test_what_needs_a_network_or_a_memory_is_not_resolved_offline(did):
    assert resolve_offline(did) is None


@pytest.mark.parametrize("did", ["did:example:a", "did:peer:1zQmZ", "did:peer:0z6Mk", "did:ion:abc", "did:sov:abc"])
def test_an_unsupported_method_says_so(did):
    with pytest.raises(UnsupportedDidMethod) as caught:
        resolve_offline(did)

    assert caught.value.code == "e.p.did.unsupported"
    assert method_of(did) == caught.value.found


def test_a_did_web_that_leads_elsewhere_is_refused_before_anybody_fetches():
    with pytest.raises(DidError):
        resolve_offline("did:web:a.example:..")
