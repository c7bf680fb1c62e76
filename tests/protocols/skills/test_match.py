"""Which credential answers which skill asked."""

from typing import Any

import pytest

from protocols.skills.match import Answer, SkillAnswer, SkillAsked, SkillOffer, Verified, match

WRITING = SkillAsked(uri="https://www.onetonline.org/find/descriptor/result/2.A.1.c", name="Writing")
SPEAKING = SkillAsked(uri="https://www.onetonline.org/find/descriptor/result/2.A.1.d", name="Speaking")


def offer(credential_id: str, verified: Verified = "yes", **changes: Any) -> SkillOffer:
    given: dict[str, Any] = {
        "target_url": WRITING.uri,
        "target_name": "Writing",
        "target_framework": "O*NET",
        "achievement_name": "Business writing",
        "level": "advanced",
    }
    return SkillOffer(credential_id=credential_id, verified=verified, **{**given, **changes})


def test_a_verified_alignment_meets_the_skill_and_tells_the_way() -> None:
    assert match([SPEAKING, WRITING], [offer("urn:uuid:1")]) == (
        SkillAnswer(asked=SPEAKING, answer="not_met", reason="No credential presented is aligned to this skill."),
        SkillAnswer(
            asked=WRITING,
            answer="met",
            reason="A verified credential is aligned to this skill.",
            by="urn:uuid:1",
            hops=(f"Business writing is aligned to O*NET: Writing <{WRITING.uri}>",),
            level="advanced",
        ),
    )


@pytest.mark.parametrize(
    ("offers", "answer", "by"),
    [
        ([offer("1", "no")], "not_met", "1"),
        ([offer("1", "could_not_tell")], "could_not_tell", "1"),
        ([offer("1", "no"), offer("2", "could_not_tell")], "could_not_tell", "2"),
        ([offer("1", "could_not_tell"), offer("2", "yes"), offer("3", "yes")], "met", "2"),
        ([offer("1", "no"), offer("2", "yes")], "met", "2"),
    ],
)
def test_the_best_offer_answers_and_only_a_verified_one_meets(
    offers: list[SkillOffer], answer: Answer, by: str
) -> None:
    (result,) = match([WRITING], offers)
    assert (result.answer, result.by) == (answer, by)


@pytest.mark.parametrize(
    "url",
    [
        WRITING.uri + "/",
        WRITING.uri.replace("https", "http"),
        WRITING.uri.upper(),
        WRITING.uri + "\u200b",
        WRITING.uri.replace("2.A.1.c", "2.A.1.%63"),
        "",
    ],
)
def test_a_uri_that_differs_by_one_code_point_is_another_skill(url: str) -> None:
    (result,) = match([WRITING], [offer("1", target_url=url)])
    assert (result.answer, result.by, result.hops) == ("not_met", None, ())


def test_an_equal_name_meets_nothing() -> None:
    (result,) = match([WRITING], [offer("1", target_url="https://other.example/writing", target_name="Writing")])
    assert result.answer == "not_met"


def test_nothing_asked_is_nothing_answered() -> None:
    assert match([], [offer("1")]) == ()
