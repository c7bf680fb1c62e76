"""What a did:webvh was when: the documents that its log and its witnesses bear out.

Spec: https://identity.foundation/didwebvh/v1.0/#reading-didwebvh-did-urls
"""

from dataclasses import dataclass
from datetime import datetime

from protocols.dids.document import DidDocument
from protocols.dids.parse import parse_document
from protocols.dids.webvh.log import Log, Version
from protocols.dids.webvh.refusal import LogRefused
from protocols.dids.webvh.times import written
from protocols.dids.webvh.witness import check_witnesses
from protocols.errors import DidError
from protocols.jose.encoding import JsonObject


class NoSuchVersion(DidError):
    """A version that a log does not have, or a time at which there was none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which version is asked for; the newest where nothing is said, and one that fits all that is."""

    version_id: str | None = None
    number: int | None = None
    at: datetime | None = None


NEWEST = Wanted()


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The versions of `did` that hold, oldest first, at least one; `fault` is why there are not more."""

    did: str
    versions: tuple[Version, ...]
    fault: LogRefused | None = None

    @property
    def is_deactivated(self) -> bool:
        """Whether the DID came to its end."""
        return self.versions[-1].parameters.deactivated

    def version(self, wanted: Wanted = NEWEST) -> Version:
        """The version asked for.

        Of a log that breaks off, an earlier version is told by its id or number, and by a time at which the one after
        it is known to have begun: whether the last that holds was the newest at any time since, nobody can say.

        Raises:
            LogRefused: the fault, where the answer depends on what is not believed.
            NoSuchVersion: no version has that id or number, or was there at that time.
        """
        named = wanted.version_id is not None or wanted.number is not None
        found = next((version for version in reversed(self.versions) if _fits(version, wanted)), None)
        if self.fault is not None and (found is None or (found is self.versions[-1] and not named)):
            raise self.fault.with_traceback(None)
        if found is None:
            raise NoSuchVersion("no such version", expected=f"one of {len(self.versions)}, since {self._begun}")
        return found

    def document(self, wanted: Wanted = NEWEST) -> DidDocument:
        """The document of that version, to check signatures with.

        Raises:
            LogRefused, NoSuchVersion: as `version` does; `deactivated` where the DID was at its end by then; `moved`
                where it had another DID: keys of one are no keys of the other.
            DidError: it is not a valid document.
        """
        version = self.version(wanted)
        if version.parameters.deactivated:
            raise LogRefused("a DID that was deactivated", rule="deactivated", found=written(version.time))
        if version.state["id"] != self.did:
            found = str(version.state["id"])[:120]
            raise LogRefused("a DID that had another place then", rule="moved", found=found, expected=self.did[:120])
        return parse_document(version.state, self.did)

    def metadata(self, version: Version) -> JsonObject:
        """DID document metadata of one of its versions; what is not about that version is as of the newest."""
        newest = self.versions[-1]
        now = newest.parameters
        return {
            "versionId": version.id,
            "versionTime": written(version.time),
            "created": self._begun,
            "updated": written(newest.time),
            "scid": now.scid,
            "portable": now.portable,
            "deactivated": now.deactivated,
            "ttl": str(now.ttl_s),
            "witness": now.witnesses.to_json() if now.witnesses else {},
            "watchers": list(now.watchers),
        }

    def check_follows(self, number: int, version_id: str) -> None:
        """Returns when the version that was once the newest here is still part of this history.

        Nobody but who remembers can tell a log that was cut off, or written anew from an earlier entry by whoever has
        a key of that time (Security Considerations, truncation).

        Raises:
            LogRefused: `forked`.
        """
        if len(self.versions) < number and self.fault is not None:
            raise self.fault.with_traceback(None)
        known = self.versions[number - 1].id if number <= len(self.versions) else "a shorter log"
        if known != version_id:
            raise LogRefused("not the log that was here before", rule="forked", found=known, expected=version_id)

    @property
    def _begun(self) -> str:
        return written(self.versions[0].time)


def history_of(log: Log, witness_proofs: bytes | None, *, now: datetime) -> History:
    """What holds of `log` with the approval of its witnesses.

    Args:
        witness_proofs: `did-witness.json`; None where there is none, or where `log.needs_witnesses` is false.

    Raises:
        LogRefused: not even the first entry has enough: `threshold`, `witness_file`; or `other_did`, where no entry
            that has is of the DID.
    """
    count, lacking = check_witnesses(log.versions, witness_proofs, now)
    if lacking is not None and count == 0:
        raise lacking
    versions = log.versions[:count]
    if log.did not in {version.state["id"] for version in versions}:
        raise LogRefused("no witnessed document of the DID", rule="other_did", expected=log.did[:120])
    return History(did=log.did, versions=versions, fault=lacking or log.fault)


def _fits(version: Version, wanted: Wanted) -> bool:
    return (
        wanted.version_id in (None, version.id)
        and wanted.number in (None, version.number)
        and (wanted.at is None or version.time <= wanted.at)
    )
