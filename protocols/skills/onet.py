"""O*NET content model elements: skills, knowledge, abilities, work activities, work styles and work values.

O*NET gives its elements ids (`2.A.1.a`) but no URIs; the one form used for them everywhere in this program is defined
here, and opens the element's own page.
"""

import re

from protocols.skills.framework import Row, Skill, name_of, read_table, row_refused

FRAMEWORK = "O*NET"
ATTRIBUTION = (
    "This includes information from the O*NET Database by the U.S. Department of Labor, Employment and Training "
    "Administration (USDOL/ETA), used under the CC BY 4.0 license and modified. O*NET is a trademark of USDOL/ETA."
)
COLUMNS = ("element_id", "type", "element_name", "description")
_URI = "https://www.onetonline.org/find/descriptor/result/"
_ELEMENT_ID = re.compile(r"[1-9](?:\.[A-Za-z0-9]{1,3}){1,7}\Z", re.ASCII)
_SKILL_TYPES = frozenset({"skills", "knowledge", "abilities", "work_activities", "work_styles", "work_values"})
_OTHER_TYPES = frozenset({"work_context", "content_model_reference", "category", "interests"})


def uri_of(element_id: str) -> str:
    """The URI of a content model element; raises RowRefused for what is not an element id."""
    if not _ELEMENT_ID.match(element_id):
        raise row_refused(f"element_id {element_id!r}", "an element id such as 2.A.1.a")
    return f"{_URI}{element_id}"


def read_onet(data: bytes) -> tuple[Skill, ...]:
    """The skills of a content model table; headings, interests and work context are passed over.

    Raises:
        MalformedFramework: with every fault, by row.
    """
    return read_table(data, columns=COLUMNS, read=_skill)


def _skill(row: Row) -> Skill | None:
    kind = row["type"].lower()
    if kind in _OTHER_TYPES:
        return None
    if kind not in _SKILL_TYPES:
        raise row_refused(f"type {row['type']!r}", ", ".join(sorted(_SKILL_TYPES | _OTHER_TYPES)))
    return Skill(
        uri=uri_of(row["element_id"]),
        name=name_of(row, "element_name"),
        framework=FRAMEWORK,
        code=row["element_id"],
        description=row["description"].strip() or None,
    )
