"""Was it accredited for this, on that day? Every answer, at its edges."""

from dataclasses import replace

import pytest

from protocols.trust.accreditation import Accreditation, AccreditationAnswer, Accredited, accredited
from protocols.trust.mark_scope import MarkScope
from tests.support.federation import DAY, NOW

BADGES = MarkScope(
    credential_types=("OpenBadgeCredential",), accredited_from=NOW - 100 * DAY, accredited_until=NOW + 100 * DAY
)
HELD = Accreditation(by="https://accreditor.example", trust_mark_type="https://accreditor.example/mark", scope=BADGES)
OTHER = replace(HELD, by="https://other.example", scope=MarkScope(credential_types=("ClrCredential",)))
TYPES = ("OpenBadgeCredential", "ceterms:Certificate")


def test_who_holds_nothing_has_no_accreditation_stated() -> None:
    assert accredited((), TYPES, at=NOW, now=NOW) == AccreditationAnswer(answer=Accredited.NONE_STATED)


@pytest.mark.parametrize(
    ("at", "answer"),
    [
        (NOW, Accredited.IN_SCOPE),
        (NOW - 100 * DAY, Accredited.IN_SCOPE),
        (NOW - 101 * DAY, Accredited.NOT_THEN),
        (NOW + 100 * DAY, Accredited.NOT_THEN),
        (None, Accredited.UNDATED),
    ],
)
def test_the_day_decides(at, answer: Accredited) -> None:
    assert accredited((HELD,), TYPES, at=at, now=NOW) == AccreditationAnswer(answer=answer, rests_on=(HELD,))


def test_one_of_the_names_of_what_was_issued_is_enough_and_another_is_out_of_scope() -> None:
    assert accredited((HELD,), ("ClrCredential",), at=NOW, now=NOW).answer is Accredited.OUT_OF_SCOPE
    assert accredited((HELD,), (), at=NOW, now=NOW).answer is Accredited.OUT_OF_SCOPE
    assert accredited((OTHER, HELD), TYPES, at=NOW, now=NOW).rests_on == (HELD,)


def test_whoever_lost_it_could_have_written_the_day() -> None:
    revoked = replace(HELD, ended_at=NOW - 10 * DAY)
    for at, answer in (
        (NOW - 11 * DAY, Accredited.ENDED_SINCE),
        (NOW - 10 * DAY, Accredited.NOT_THEN),
        (NOW, Accredited.NOT_THEN),
    ):
        assert accredited((revoked,), TYPES, at=at, now=NOW).answer is answer
    over = accredited((HELD,), TYPES, at=NOW, now=NOW + 200 * DAY)
    assert (over.answer, over.rests_on) == (Accredited.ENDED_SINCE, (HELD,))


def test_an_accreditation_that_lasts_outweighs_one_that_ended() -> None:
    revoked = replace(HELD, by="https://other.example", ended_at=NOW - DAY)
    found = accredited((revoked, HELD), TYPES, at=NOW - 2 * DAY, now=NOW)
    assert (found.answer, found.rests_on) == (Accredited.IN_SCOPE, (HELD,))


@pytest.mark.parametrize(
    ("seen_at", "answer"),
    [
        (NOW - 11 * DAY, Accredited.ATTESTED),
        (NOW - 10 * DAY, Accredited.ENDED_SINCE),
        (NOW - 9 * DAY, Accredited.ENDED_SINCE),
        (None, Accredited.ENDED_SINCE),
    ],
)
def test_what_others_saw_before_it_was_lost_was_in_scope(seen_at, answer: Accredited) -> None:
    revoked = replace(HELD, ended_at=NOW - 10 * DAY)
    at = NOW - 12 * DAY
    assert accredited((revoked,), TYPES, at=at, now=NOW, attested_at=seen_at).answer is answer
    lasting = accredited((revoked, OTHER, HELD), TYPES, at=at, now=NOW, attested_at=seen_at)
    assert (lasting.answer, lasting.rests_on) == (Accredited.IN_SCOPE, (HELD,))
