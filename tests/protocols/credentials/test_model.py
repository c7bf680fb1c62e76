"""The rules of the data model, as independent suites test them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from protocols.credentials.model import Credential, parse_credential, parse_presentation
from protocols.credentials.presentation import presentation_of
from protocols.credentials.validity import check_dates
from protocols.errors import MalformedCredential, TooLarge
from tests.support.badges import COLLEGE, LEARNER, badge

V1, V2 = "https://www.w3.org/2018/credentials/v1", "https://www.w3.org/ns/credentials/v2"


def test_a_badge_becomes_a_value() -> None:
    raw = badge()
    assert parse_credential(raw) == Credential(
        raw=raw,
        id="https://college.example/credentials/1",
        issuer=COLLEGE,
        issuer_raw={"id": COLLEGE, "type": ["Profile"], "name": "Test College"},
        types=("VerifiableCredential", "OpenBadgeCredential"),
        valid_from=datetime(2026, 6, 1, 9, tzinfo=UTC),
        valid_until=datetime(2036, 6, 1, tzinfo=UTC),
        subjects=(raw["credentialSubject"],),
        subject_ids=(LEARNER,),
        statuses=(),
        contexts=(V2, "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"),
        version="2.0",
    )


def test_a_credential_of_version_1_1_is_read_too() -> None:
    raw = {
        "@context": [V1],
        "type": ["VerifiableCredential"],
        "issuer": COLLEGE,
        "issuanceDate": "2020-01-01T00:00:00+02:00",
        "expirationDate": "2030-01-01T00:00:00Z",
        "credentialSubject": {"id": LEARNER, "degree": "BSc"},
    }
    parsed = parse_credential(raw)
    assert (parsed.version, parsed.id, parsed.issuer_raw) == ("1.1", None, COLLEGE)
    assert (parsed.valid_from, parsed.valid_until) == (
        datetime(2019, 12, 31, 22, tzinfo=UTC),
        datetime(2030, 1, 1, tzinfo=UTC),
    )
    with pytest.raises(MalformedCredential, match="issuanceDate is missing"):
        parse_credential({name: value for name, value in raw.items() if name != "issuanceDate"})


MISSING = object()
STATUS = {"id": "https://a.example/s#1", "type": "BitstringStatusListEntry"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("@context", MISSING),
        ("@context", V2),
        ("@context", []),
        ("@context", ["https://w3id.org/security/data-integrity/v2", V2]),
        ("@context", [V2, V1]),
        ("@context", [V2, 5]),
        ("@context", [V2, "not a url"]),
        ("@context", [V2] + ["https://a.example"] * 16),
        ("id", "not a url"),
        ("id", ["urn:a", "urn:b"]),
        ("id", None),
        ("id", 5),
        ("type", MISSING),
        ("type", []),
        ("type", "OpenBadgeCredential"),
        ("type", ["VerifiableCredential", 5]),
        ("issuer", MISSING),
        ("issuer", None),
        ("issuer", "college"),
        ("issuer", {}),
        ("issuer", {"name": "College"}),
        ("issuer", {"id": None}),
        ("issuer", [COLLEGE]),
        ("credentialSubject", MISSING),
        ("credentialSubject", {}),
        ("credentialSubject", []),
        ("credentialSubject", "did:example:a"),
        ("credentialSubject", [{"id": LEARNER}, {}]),
        ("credentialSubject", {"id": "me"}),
        ("credentialSubject", {"id": [LEARNER, COLLEGE]}),
        ("validFrom", "2026-06-01"),
        ("validFrom", "2026-06-01T09:00:00"),
        ("validFrom", "2026-02-30T09:00:00Z"),
        ("validFrom", "2026-06-01T25:00:00Z"),
        ("validFrom", "2026-06-01 09:00:00Z"),
        ("validFrom", "٢٠٢٦-06-01T09:00:00Z"),
        ("validFrom", 1780304400),
        ("validUntil", None),
        ("validUntil", "2026-05-01T00:00:00Z"),
        ("credentialStatus", {"id": "https://a.example/s#1"}),
        ("credentialStatus", [STATUS, {"id": "https://a.example/s#1"}]),
        ("credentialStatus", {**STATUS, "id": "not a url"}),
        ("credentialStatus", {**STATUS, "id": ["urn:a", "urn:b"]}),
        ("credentialStatus", [STATUS] * 65),
        ("credentialStatus", "https://a.example/s#1"),
        ("credentialSchema", {"type": "JsonSchema"}),
        ("credentialSchema", {"id": "https://a.example/schema"}),
        ("credentialSchema", {"id": "schema", "type": "JsonSchema"}),
        ("refreshService", {"id": "https://a.example"}),
        ("termsOfUse", {"id": "https://a.example"}),
        ("evidence", {"id": "https://a.example"}),
        ("proof", {"proofValue": "z"}),
        ("name", 5),
        ("name", {"@value": "x", "extra": "y"}),
        ("description", {"@language": "en"}),
        ("relatedResource", {"id": "https://a.example"}),
        ("relatedResource", {"digestSRI": "sha384-x"}),
        ("relatedResource", [{"id": "urn:a", "digestSRI": "x"}, {"id": "urn:a", "digestSRI": "x"}]),
    ],
)
def test_a_broken_rule_is_refused(name: str, value: Any) -> None:
    made = badge(**{name: value})
    if value is MISSING:
        del made[name]
    with pytest.raises(MalformedCredential):
        parse_credential(made)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("@context", [V2, {"x": "urn:x"}]),
        ("id", "urn:uuid:1"),
        ("type", "VerifiableCredential"),
        ("issuer", COLLEGE),
        ("credentialSubject", [{"id": LEARNER, "x": 1}, {"x": 2}]),
        ("validFrom", "2026-06-01T09:00:00.123456789-05:00"),
        ("validUntil", "2026-06-01T09:00:00Z"),
        ("credentialStatus", {"type": "BitstringStatusListEntry"}),
        ("credentialSchema", [{"id": "https://a.example/schema", "type": "JsonSchema"}]),
        ("name", [{"@value": "x", "@language": "en"}, {"@value": "y", "@language": "fr", "@direction": "ltr"}]),
        ("evidence", [{"type": "Evidence"}, {"id": "urn:e", "type": ["Evidence"]}]),
        (
            "relatedResource",
            {"id": "https://a.example", "digestMultibase": "uEiDjsMRCmPwcFJr79MiZb7kkJ65B5GSbk0yklZkbeFK4VQ"},
        ),
    ],
)
def test_what_the_data_model_allows_is_read(name: str, value: Any) -> None:
    assert parse_credential(badge(**{name: value})).raw[name] == value


def test_too_large_a_credential_is_refused() -> None:
    with pytest.raises(TooLarge):
        parse_credential(badge(description="x" * 256 * 1024))


def test_a_presentation_becomes_a_value() -> None:
    raw = presentation_of([badge()], id="urn:uuid:1", holder=LEARNER)
    parsed = parse_presentation(raw)
    assert (parsed.id, parsed.holder, parsed.types) == ("urn:uuid:1", LEARNER, ("VerifiablePresentation",))
    assert (parsed.credentials, parsed.contexts, parsed.version) == ((badge(),), (V2,), "2.0")
    assert parse_presentation({**raw, "holder": {"id": LEARNER}}).holder == LEARNER


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("@context", [V1, V2]),
        ("type", ["VerifiableCredential"]),
        ("holder", {"name": "me"}),
        ("holder", None),
        ("id", "presentation"),
        ("verifiableCredential", ["eyJ"]),
        ("verifiableCredential", [{}]),
        ("proof", {"proofValue": "z"}),
    ],
)
def test_a_broken_presentation_is_refused(name: str, value: Any) -> None:
    with pytest.raises(MalformedCredential):
        parse_presentation({**presentation_of([badge()], id="urn:uuid:1", holder=LEARNER), name: value})


def test_the_credentials_of_a_presentation_are_bounded_in_number_and_size() -> None:
    with pytest.raises(TooLarge, match="too many credentials"):
        parse_presentation(presentation_of([{"a": 1}] * 21, id="urn:uuid:1", holder=LEARNER))
    with pytest.raises(TooLarge, match="a document too large"):
        parse_presentation(presentation_of([{"a": "x" * 270_000}], id="urn:uuid:1", holder=LEARNER))


@pytest.mark.parametrize(
    ("now", "answer"),
    [
        (datetime(2026, 5, 31, tzinfo=UTC), ("no", "It is not valid before 2026-06-01T09:00:00Z.")),
        (datetime(2026, 6, 1, 9, tzinfo=UTC), ("yes", "It is valid until 2036-06-01T00:00:00Z.")),
        (datetime(2036, 6, 1, tzinfo=UTC), ("yes", "It is valid until 2036-06-01T00:00:00Z.")),
        (datetime(2036, 6, 1, 0, 0, 1, tzinfo=UTC), ("no", "It was valid until 2036-06-01T00:00:00Z.")),
    ],
)
def test_dates_are_checked_at_the_second(now: datetime, answer: tuple[str, str]) -> None:
    assert check_dates(parse_credential(badge()), now) == answer


def test_a_credential_without_dates_is_in_force() -> None:
    made = badge()
    del made["validUntil"]
    assert check_dates(parse_credential(made), datetime(2099, 1, 1, tzinfo=UTC)) == (
        "yes",
        "It has begun and has no end.",
    )
    del made["validFrom"]
    assert check_dates(parse_credential(made), datetime(1999, 1, 1, tzinfo=UTC)) == ("yes", "It has no dates.")
