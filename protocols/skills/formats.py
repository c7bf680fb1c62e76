"""The published layouts of framework files that can be read, and who reads each."""

from collections.abc import Callable, Mapping
from enum import StrEnum

from protocols.skills.esco import GROUP_COLUMNS, SKILL_COLUMNS, read_esco_groups, read_esco_skills
from protocols.skills.framework import Skill
from protocols.skills.onet import COLUMNS, read_onet


class Format(StrEnum):
    """A layout by its name in commands and in the API."""

    ONET = "onet"
    ESCO = "esco"
    ESCO_GROUPS = "esco-groups"


READERS: Mapping[Format, Callable[[bytes], tuple[Skill, ...]]] = {
    Format.ONET: read_onet,
    Format.ESCO: read_esco_skills,
    Format.ESCO_GROUPS: read_esco_groups,
}
"""Each gives the skills of a file's bytes, or raises MalformedFramework with every fault."""

HEADERS: Mapping[Format, tuple[str, ...]] = {
    Format.ONET: COLUMNS,
    Format.ESCO: SKILL_COLUMNS,
    Format.ESCO_GROUPS: GROUP_COLUMNS,
}
"""The columns that tell a layout from the others."""
