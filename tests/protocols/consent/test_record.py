"""Record, use, salts and screen: read as written, bounded, and every word counted."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.consent.digests import new_salt, payload_hash, salted_digest
from protocols.consent.record import (
    ConsentType,
    parse_record,
    record_hash,
    sign_record,
    verify_record,
)
from protocols.consent.screen import ConsentScreen, lines, ui_hash
from protocols.consent.use import parse_use, sign_use, verify_use
from protocols.errors import EnvelopeError, MalformedMessage, TooLarge
from protocols.jose.encoding import digest, digest_json
from protocols.jose.jws import parse_compact, sign_compact
from tests.support.consent_story import LEARNER, NOW, RECORD, STRANGER, Story, badge, inner_jwe, key, shared

SIGNER = key(LEARNER)
STANDING = replace(RECORD, type=ConsentType.STANDING, max_uses=5, min_interval_s=60, prev=digest(b"before"))


@pytest.mark.parametrize("record", [RECORD, STANDING])
def test_a_record_is_read_as_it_was_signed(record):
    token = sign_record(record, SIGNER)
    assert parse_record(token) == record
    assert verify_record(token, SIGNER.public) == record
    assert record_hash(token) == digest(token.encode())


def test_a_record_names_fields_as_the_checklist_does():
    claims = parse_compact(sign_record(STANDING, SIGNER), typ="ler-consent-record+jwt").claims
    assert set(claims) == {
        "id", "type", "status", "iat", "subject", "actor", "requester", "records", "purpose", "retention",
        "redisclosure", "notBefore", "notAfter", "maxUses", "minInterval", "ui_hash", "prev",
    }  # fmt: skip
    assert set(claims["records"][0]) == {"type", "issuer_digest", "claims", "credential_hash"}


def test_a_record_or_use_of_another_key_does_not_verify():
    said = Story().said
    for verify, token in ((verify_record, said.record), (verify_use, said.use)):
        with pytest.raises(EnvelopeError):
            verify(token, key(STRANGER).public)


def test_a_use_is_read_as_it_was_signed():
    token = Story().said.use
    assert sign_use(parse_use(token), SIGNER) == token
    assert parse_use(token).payload_hash == digest_json(inner_jwe()) == payload_hash(inner_jwe())


CONTRADICTIONS = {
    "several uses of a consent for once": replace(RECORD, max_uses=2),
    "a share link with a requester": replace(RECORD, type=ConsentType.SHARE_LINK),
    "no requester": replace(RECORD, requester=None),
    "never valid": replace(RECORD, not_after=RECORD.not_before),
    "no records": replace(RECORD, records=()),
    "an actor without the signing key": replace(RECORD, actor=STRANGER),
    "a direction override in a name": replace(RECORD, purpose=replace(RECORD.purpose, text="To \u202eerih")),
    "a pointer twice": replace(RECORD, records=(shared(badge(), claims=("/a", "/a")),)),
}


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_a_record_that_contradicts_itself_is_neither_signed_nor_read(case: str):
    with pytest.raises(MalformedMessage):
        sign_record(CONTRADICTIONS[case], SIGNER)


def test_a_record_is_bounded():
    with pytest.raises(TooLarge):
        sign_record(replace(RECORD, records=(shared(badge()),) * 21), SIGNER)


def test_a_member_that_is_not_known_is_refused():
    claims = {**parse_compact(sign_record(RECORD, SIGNER)).claims, "values": ["B+"]}
    with pytest.raises(MalformedMessage, match="not known"):
        parse_record(sign_compact(claims, SIGNER, typ="ler-consent-record+jwt"))


def test_a_use_is_not_a_record():
    with pytest.raises(MalformedMessage, match="another type"):
        parse_record(Story().said.use)


def test_salted_digests_differ_by_salt_and_text_and_refuse_short_salts():
    salt, other = new_salt(lambda n: b"\x01" * n), new_salt(lambda n: b"\x02" * n)
    digests = {salted_digest(salt, "a"), salted_digest(salt, "b"), salted_digest(other, "a")}
    assert len(digests) == 3
    with pytest.raises(MalformedMessage, match="not a salt"):
        salted_digest("short", "a")


SCREEN = ConsentScreen(
    requester="Employer Inc.",
    voucher="State Skills Network",
    vouched_since="since March 2024",
    purpose="To fill the position of junior analyst",
    retention="60 days, then deleted",
    shared=("Business Writing badge, all of it",),
    not_shared=("Transcript",),
    language="en",
)
SALT = "s" * 22


def test_a_screen_is_its_words_line_by_line():
    assert lines(SCREEN) == (
        "language: en",
        "requester: Employer Inc.",
        "voucher: State Skills Network",
        "vouched since: since March 2024",
        "purpose: To fill the position of junior analyst",
        "retention: 60 days, then deleted",
        "shared: Business Writing badge, all of it",
        "not shared: Transcript",
    )


@pytest.mark.parametrize("name", [field.name for field in fields(ConsentScreen)])
def test_a_changed_word_anywhere_on_the_screen_fails_its_hash(name: str):
    words = getattr(SCREEN, name)
    changed = f"{words}." if isinstance(words, str) else (*words, "one line more")
    assert ui_hash(replace(SCREEN, **{name: changed}), SALT) != ui_hash(SCREEN, SALT)


@given(st.lists(st.text(max_size=20), max_size=3), st.lists(st.text(max_size=20), max_size=3))
def test_no_two_screens_have_the_same_lines(first: list[str], second: list[str]):
    one, other = (replace(SCREEN, shared=tuple(words), not_shared=()) for words in (first, second))
    assert ("\n".join(lines(one)) == "\n".join(lines(other))) == (first == second)


def test_moving_a_line_from_not_shared_to_shared_fails_the_hash():
    moved = replace(SCREEN, shared=(*SCREEN.shared, *SCREEN.not_shared), not_shared=())
    assert ui_hash(moved, SALT) != ui_hash(SCREEN, SALT)


def test_times_are_whole_seconds():
    assert parse_record(sign_record(replace(RECORD, issued_at=NOW.replace(microsecond=9)), SIGNER)).issued_at == NOW
