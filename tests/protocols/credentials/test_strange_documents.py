"""Whatever a stranger sends, the checks answer and do not fail."""

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.credentials.embedded import embedded_in
from protocols.credentials.model import parse_credential, parse_presentation
from protocols.credentials.open_badges import alignments_of, identities_of, read_badge, results_of, write_badge
from protocols.credentials.proofs import check_proofs
from protocols.credentials.schema import named_schemas, schema_problems
from protocols.errors import ProtocolError
from protocols.findings import Outcome
from protocols.status.entry import parse_entry
from tests.support.badges import COLLEGE, DOCUMENTS, NOW, badge, signed

STATUS = {
    "id": "https://college.example/status/1#5",
    "type": "BitstringStatusListEntry",
    "statusPurpose": "revocation",
    "statusListIndex": "5",
    "statusListCredential": "https://college.example/status/1",
}
SIGNED = {suite: signed(badge(credentialStatus=STATUS), suite=suite) for suite in ("eddsa-rdfc-2022", "eddsa-jcs-2022")}
WORDS = st.sampled_from(
    ["", "id", "type", "@id", "@type", "@value", "@language", "@list", "@context", "proof", "_:b", "did:x", "x:\n", "é"]
)
SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, width=64) | WORDS
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3))


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for name, item in items for found in [(*path, name), *_places(item, (*path, name))]]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(data=st.data(), suite=st.sampled_from(sorted(SIGNED)), value=VALUES)
def test_no_replaced_part_of_a_signed_badge_breaks_a_check(data: st.DataObject, suite: str, value: Any) -> None:
    document = copy.deepcopy(SIGNED[suite])
    *parents, last = data.draw(st.sampled_from(_places(document)))
    node: Any = document
    for name in parents:
        node = node[name]
    changed = type(node[last]) is not type(value) or node[last] != value
    node[last] = value
    results = check_proofs(document, DOCUMENTS, purpose="assertionMethod", now=NOW, expected_controller=COLLEGE)
    assert results
    if changed and parents[:1] != ["@context"] and last != "@context":
        # a set of one equals its member, an absent value equals null: those mean the same and may stay valid
        same = value is None or isinstance(value, list | dict | float | int)
        assert same or {result.outcome for result in results} != {Outcome.YES}
    for read in (parse_credential, parse_presentation):
        try:
            parsed: Any = read(document)
        except ProtocolError:
            continue
        if read is parse_credential:
            schema_problems(parsed), named_schemas(parsed), identities_of(parsed), embedded_in(document)
            if found := read_badge(parsed):
                alignments_of(found), results_of(found), write_badge(found)
            for status in parsed.statuses:
                try:
                    parse_entry(status)
                except ProtocolError:
                    continue
