"""Names as people type them: case, accents and punctuation do not matter, beginnings of words do."""

import pytest

from protocols.trust.words import MAX_WORDS, begins_words, haystack, needles, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Universität Łódź", ["universitat", "lodz"]),
        ("St. John\u2019s / St John's", ["st", "johns", "st", "johns"]),
        ("Høgskolen i Østfold", ["hogskolen", "i", "ostfold"]),
        ("STRAẞE straße", ["strasse", "strasse"]),
        ("Ｆｕｌｌ　ｗｉｄｔｈ", ["full", "width"]),
        ("İstanbul ısı", ["istanbul", "isi"]),
        ("e\u0301cole école", ["ecole", "ecole"]),
        ("Winston-Salem_2", ["winston", "salem", "2"]),
        ("東京大学", ["東京大学"]),
        ("…!", []),
        ("", []),
    ],
)
def test_words_are_folded(text: str, words: list[str]) -> None:
    assert words_of(text) == words


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("lake", True),
        ("LÀKE coll", True),
        ("college lakeside", True),
        ("side", False),
        ("lakeside colleges", False),
        ("lakesidecollege", False),
        ("!", False),
        ("", False),
    ],
)
def test_each_word_begins_a_word(query: str, *, is_found: bool) -> None:
    assert begins_words(needles(query), haystack("Lakeside Community Collège")) is is_found


def test_of_a_long_query_only_so_many_words_count() -> None:
    assert len(needles("a " * 1000)) == MAX_WORDS
