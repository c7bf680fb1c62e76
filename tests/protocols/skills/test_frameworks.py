"""The readers of O*NET and ESCO tables, on the real files and on bad ones."""

from pathlib import Path

import pytest

from protocols.skills.esco import read_esco_groups, read_esco_skills
from protocols.skills.framework import MAX_FAULTS, Fault, MalformedFramework, RowRefused, Skill
from protocols.skills.onet import read_onet, uri_of

ONET_HEADER = "element_id,type,element_name,description\n"
GOOD_ROW = "2.A.1.c,skills,Writing,Communicating in writing.\n"
URI = "http://data.europa.eu/esco/skill/001d46db-035e-4b92-83a3-ed8771e0c123"


def faults_of(text: str | bytes) -> tuple[Fault, ...]:
    with pytest.raises(MalformedFramework) as refusal:
        read_onet(text if isinstance(text, bytes) else text.encode())
    return refusal.value.faults


def test_the_onet_elements_that_are_skills_are_read(shared_dir: Path) -> None:
    skills = read_onet((shared_dir / "data/onet/onet_content_model_elements.csv").read_bytes())
    assert len(skills) == 207
    assert skills[0] == Skill(
        uri="https://www.onetonline.org/find/descriptor/result/1.A.1.a.1",
        name="Oral Comprehension",
        framework="O*NET",
        code="1.A.1.a.1",
        description="The ability to listen to and understand information and ideas presented through spoken words "
        "and sentences.",
    )
    assert {skill.uri: skill.name for skill in skills}[uri_of("2.A.1.c")] == "Writing"


def test_the_esco_skills_and_groups_keep_their_own_uris(shared_dir: Path) -> None:
    skills = read_esco_skills((shared_dir / "data/esco/esco_skills_sample.csv").read_bytes())
    groups = read_esco_groups((shared_dir / "data/esco/tabiya_esco_v1.1.1_skillGroups.csv").read_bytes())
    assert (len(skills), len(groups)) == (600, 640)
    assert skills[0].uri == URI
    assert skills[0].name == "train staff to reduce food waste teach students food waste reduction practices…"
    assert all(len(skill.name) <= 80 for skill in skills)
    assert groups[300] == Skill(
        uri="http://data.europa.eu/esco/skill/2f661409-3e56-46ab-95d7-6ec7786fc1c0",
        name="writing and composing",
        framework="ESCO",
        code="S1.13",
        description="Writing text or composing music, creating original work with regard to format, style and content.",
    )


def test_a_short_esco_text_is_the_name_as_it_is() -> None:
    (skill,) = read_esco_skills(f"uri,text\r\n{URI},  use  a spade \r\n".encode())
    assert skill == Skill(uri=URI, name="use a spade", framework="ESCO", description="use a spade")


def test_a_byte_order_mark_and_columns_in_another_order_are_borne_with() -> None:
    (skill,) = read_onet(b"\xef\xbb\xbfelement_name,type,note,element_id,description\nWriting,skills,x,2.A.1.c,\n")
    assert skill == Skill(uri=uri_of("2.A.1.c"), name="Writing", framework="O*NET", code="2.A.1.c")


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("", (Fault(row=1, found="no header", expected="element_id, type, element_name, description"),)),
        ("a,b\n", (Fault(row=1, found="a, b", expected="element_id, type, element_name, description"),)),
        (ONET_HEADER + "2.A.1.c,skills\n", (Fault(row=2, found="2 cells", expected="4 cells"),)),
        (
            ONET_HEADER + GOOD_ROW + "2-A,skills,Writing,\n",
            (Fault(row=3, found="element_id '2-A'", expected="an element id such as 2.A.1.a"),),
        ),
        (
            ONET_HEADER + "2.A.1.c,skills,  ,\n",
            (Fault(row=2, found="element_name of 0 characters", expected="1 to 500 characters"),),
        ),
        (
            ONET_HEADER + GOOD_ROW + GOOD_ROW,
            (Fault(row=3, found=f"{uri_of('2.A.1.c')} again", expected="each item once"),),
        ),
        (
            ONET_HEADER + "2.A.1.c,magic,Writing,\n2.A.1.d,skills,,\n",
            (
                Fault(
                    row=2,
                    found="type 'magic'",
                    expected="abilities, category, content_model_reference, interests, knowledge, skills, "
                    "work_activities, work_context, work_styles, work_values",
                ),
                Fault(row=3, found="element_name of 0 characters", expected="1 to 500 characters"),
            ),
        ),
    ],
)
def test_a_bad_file_names_every_fault_by_row_and_gives_nothing(text: str, faults: tuple[Fault, ...]) -> None:
    assert faults_of(text) == faults


def test_a_broken_quote_is_a_fault_of_its_line() -> None:
    (fault,) = faults_of(ONET_HEADER + GOOD_ROW + '2.A.1.d,skills,"Speak"ing,\n')
    assert (fault.row, fault.expected) == (3, "CSV as in RFC 4180")


def test_faults_are_counted_only_so_far() -> None:
    assert len(faults_of(ONET_HEADER + "x\n" * 500)) == MAX_FAULTS


@pytest.mark.parametrize("data", [ONET_HEADER.encode(), b"\xff\xfe", ONET_HEADER.encode() + b"interests,category,i,\n"])
def test_a_file_without_any_skill_is_refused(data: bytes) -> None:
    assert faults_of(data) == ()


@pytest.mark.parametrize(
    "uri", ["", "https://data.europa.eu/esco/skill/1", "http://evil.example/esco/skill/1", URI + "\n"]
)
def test_an_esco_uri_of_another_form_is_refused(uri: str) -> None:
    with pytest.raises(MalformedFramework) as refusal:
        read_esco_skills(f'uri,text\n"{uri}",dig\n'.encode())
    assert refusal.value.faults == (Fault(row=2, found=f"URI {uri!r}", expected="http://data.europa.eu/esco/skill/…"),)
    assert refusal.value.found == f"row 2: URI {uri!r}"


@pytest.mark.parametrize("element_id", ["", "2", "2.A/..", "2.A.1.a ", "²", "a.1"])
def test_what_is_not_an_element_id_has_no_uri(element_id: str) -> None:
    with pytest.raises(RowRefused):
        uri_of(element_id)
