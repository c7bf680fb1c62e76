"""ESCO skills and skill groups; ESCO gives every item a URI of its own, which is kept as it is."""

import re

from protocols.skills.framework import Row, Skill, name_of, read_table, row_refused

FRAMEWORK = "ESCO"
ATTRIBUTION = "This service uses the ESCO classification of the European Commission."
SKILL_COLUMNS = ("uri", "text")
GROUP_COLUMNS = ("ORIGINURI", "CODE", "PREFERREDLABEL", "DESCRIPTION")
_NAME_CHARACTERS = 80
_URI = re.compile(r"http://data\.europa\.eu/esco/(?:skill/[A-Za-z0-9.\-]{1,64}|isced-f/[0-9]{1,4})\Z", re.ASCII)


def read_esco_skills(data: bytes) -> tuple[Skill, ...]:
    """The skills of a table of `uri,text`, where the text runs label, other labels and description together.

    The label cannot be told from what follows it, so the name is the beginning of the text, cut at a word and marked
    by an ellipsis; the whole text is the description.

    Raises:
        MalformedFramework: with every fault, by row.
    """
    return read_table(data, columns=SKILL_COLUMNS, read=_skill)


def read_esco_groups(data: bytes) -> tuple[Skill, ...]:
    """The skill groups and fields of education of a skillGroups table; raises MalformedFramework."""
    return read_table(data, columns=GROUP_COLUMNS, read=_group)


def _skill(row: Row) -> Skill:
    text = " ".join(row["text"].split())
    if not text:
        raise row_refused("no text", "a label and description")
    return Skill(uri=_uri(row["uri"]), name=_beginning(text), framework=FRAMEWORK, description=text)


def _group(row: Row) -> Skill:
    return Skill(
        uri=_uri(row["ORIGINURI"]),
        name=name_of(row, "PREFERREDLABEL"),
        framework=FRAMEWORK,
        code=row["CODE"].strip() or None,
        description=row["DESCRIPTION"].strip() or None,
    )


def _uri(text: str) -> str:
    if not _URI.match(text):
        raise row_refused(f"URI {text!r}", "http://data.europa.eu/esco/skill/…")
    return text


def _beginning(text: str) -> str:
    if len(text) <= _NAME_CHARACTERS:
        return text
    words = text[:_NAME_CHARACTERS].rpartition(" ")[0]
    return f"{words or text[: _NAME_CHARACTERS - 1]}…"
