"""Words as people type them when they look for something: case, accents and punctuation do not matter."""

import re
import unicodedata

MAX_WORDS = 16
_WORD = re.compile(r"[^\W_]+")
_APOSTROPHES = str.maketrans("", "", "'\u2019\u02bc")
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
"""Letters that Unicode does not take apart, though whoever has none of them on the keyboard types two strokes less."""


def words_of(text: str) -> list[str]:
    """The words in `text`, folded: "Universität Łódź (St. John's)" has universitat, lodz, st, johns."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    bare = "".join(each for each in apart if not unicodedata.combining(each))
    return _WORD.findall(bare.translate(_APOSTROPHES).translate(_LETTERS))


def haystack(text: str) -> str:
    """The words of `text` in a form in which `begins_words` finds their beginnings."""
    return "".join(f" {word}" for word in words_of(text))


def needles(query: str) -> tuple[str, ...]:
    """The first 16 words of what somebody looks for, for `begins_words`."""
    return tuple(f" {word}" for word in words_of(query)[:MAX_WORDS])


def begins_words(wanted: tuple[str, ...], hay: str) -> bool:
    """Whether each of `wanted` begins a word of `hay`; nothing wanted is found nowhere."""
    return bool(wanted) and all(word in hay for word in wanted)
