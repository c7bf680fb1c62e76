"""Keys that a member had before, in its document of today."""

import pytest

from node.services.past_keys import with_past_methods

SEEN = "2026-06-01T12:00:00Z"


@pytest.mark.parametrize(
    ("own", "expires"),
    [
        (None, SEEN),
        ("2026-06-01T11:00:00Z", "2026-06-01T11:00:00Z"),
        ("2026-06-01T13:00:00Z", SEEN),
        ("2026-06-02T01:00:00+14:00", "2026-06-02T01:00:00+14:00"),
        ("2026-05-31T23:00:00-14:00", SEEN),
    ],
)
def test_a_past_key_ends_when_it_was_seen_last_or_before_whatever_the_offset(own: str | None, expires: str) -> None:
    method = {"id": "did:web:a.example#1", **({} if own is None else {"expires": own})}
    past = {"did": [{"method": method, "relationships": ["assertionMethod"], "until": SEEN}]}
    assert with_past_methods({"id": "did:web:a.example"}, past) == {
        "id": "did:web:a.example",
        "verificationMethod": [{**method, "expires": expires}],
        "assertionMethod": [method["id"]],
    }
