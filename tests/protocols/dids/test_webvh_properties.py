"""Logs and witness proofs under random change: our refusal, or a document of the DID; nothing else."""

import contextlib
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protocols.dids.webvh import Wanted, history_of, log_url, read_log, scid_of
from protocols.errors import DidError
from protocols.jose.encoding import canonical_json, parse_json
from tests.protocols.dids.test_properties import junk, paths, replaced
from tests.support.webvh import NOW, Owner, changed, keys, lines, witness_file, witnesses

OWNER = Owner().start({**keys("a", "b"), "witness": witnesses(1, "w"), "portable": True, "ttl": 60})
OWNER.add({**keys("b", "c"), "watchers": ["https://watch.example"]}, by="b").add(
    {**keys("c"), "nextKeyHashes": []}, by="c"
)
PROOFS = witness_file((OWNER.ids()[2], "w"))

quick = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def asked(log: bytes, proofs: bytes) -> None:
    """Whatever is told is of the DID, and of the log as its owner wrote it where nobody else signed it."""
    with contextlib.suppress(DidError):
        history = history_of(read_log(log, OWNER.did, now=NOW), proofs, now=NOW)
        assert scid_of(history.versions[-1].state["id"]) == scid_of(OWNER.did)
        assert [version.id for version in history.versions] == OWNER.ids()[: len(history.versions)]
        assert history.document().id == OWNER.did
        history.metadata(history.version(Wanted(number=1)))


@quick
@given(st.sampled_from(range(3)), st.data())
def test_a_log_that_anybody_changed_tells_nothing_new(place: int, data: Any) -> None:
    path = data.draw(st.sampled_from(paths(OWNER.entries[place])))
    entries: list[Any] = [*OWNER.entries]
    entries[place] = replaced(OWNER.entries[place], path, data.draw(junk))
    with contextlib.suppress(UnicodeError, DidError):
        asked(b"\n".join(_written(entry) for entry in entries), PROOFS)


@quick
@given(st.data())
def test_whatever_its_owner_signs_is_read_or_refused(data: Any) -> None:
    entry = OWNER.entries[2]
    name = data.draw(st.sampled_from(["parameters", "state", "versionTime"]))
    path = data.draw(st.sampled_from(paths(entry[name])))
    value = replaced(entry[name], path, data.draw(junk))
    with contextlib.suppress(DidError):
        log = lines(changed(OWNER.entries, 3, by="c", **{name: value}))
        history = history_of(read_log(log, OWNER.did, now=NOW), PROOFS, now=NOW)
        assert len(history.versions) < 3 or history.document().id == OWNER.did


@quick
@given(st.data())
def test_witness_proofs_that_anybody_changed_are_counted_or_passed_over(data: Any) -> None:
    value = parse_json(PROOFS)
    path = data.draw(st.sampled_from(paths(value)))
    with contextlib.suppress(UnicodeError):
        asked(OWNER.log, _written(replaced(value, path, data.draw(junk))))


@quick
@given(st.binary(max_size=200), st.integers(0, 2000))
def test_any_bytes_in_a_log_are_refused(data: bytes, at: int) -> None:
    asked(OWNER.log[:at] + data + OWNER.log[at:], PROOFS)
    asked(data, PROOFS)
    asked(OWNER.log, data)


@quick
@given(st.text(max_size=80))
def test_any_text_is_a_place_or_refused(text: str) -> None:
    with contextlib.suppress(DidError):
        assert log_url(f"did:webvh:{text}").startswith("https://")


def _written(value: Any) -> bytes:
    try:
        return canonical_json(value)
    except Exception:
        return repr(value).encode()
