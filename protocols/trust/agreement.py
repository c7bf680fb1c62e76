"""The terms of a network: a text with a version, which every applicant agrees to under its own signature."""

import re
from dataclasses import dataclass

from protocols.jose.encoding import JsonObject, digest
from protocols.trust.refusal import StatementRefused, shown
from protocols.trust.shape import object_of

MAX_TEXT_BYTES = 128 * 1024
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}\Z")
_DIGEST = re.compile(r"[A-Za-z0-9_-]{43}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Which terms: their version, and the SHA-256 of their text in UTF-8, base64url without padding."""

    version: str
    sha256: str

    @staticmethod
    def of(version: str, text: str) -> "Agreement":
        """Raises StatementRefused (`agreement`) for an empty or very long text, or a version that is no word."""
        data = text.encode("utf-8")
        if not text.strip() or len(data) > MAX_TEXT_BYTES:
            raise StatementRefused(
                "not the text of an agreement",
                rule="agreement",
                found=f"{len(data)} bytes",
                expected=f"some text of at most {MAX_TEXT_BYTES} bytes",
            )
        return Agreement.parse({"version": version, "sha256": digest(data)})

    def to_json(self) -> JsonObject:
        return {"version": self.version, "sha256": self.sha256}

    @staticmethod
    def parse(value: object) -> "Agreement":
        """Raises StatementRefused (`agreement`)."""
        entry = object_of(value, rule="agreement")
        version, sha256 = entry.get("version"), entry.get("sha256")
        if not isinstance(version, str) or not _VERSION.match(version):
            raise StatementRefused(
                "not the version of an agreement", rule="agreement", found=shown(version), expected="a word, as 2026-11"
            )
        if not isinstance(sha256, str) or not _DIGEST.match(sha256):
            raise StatementRefused(
                "not the digest of an agreement", rule="agreement", found=shown(sha256), expected="43 characters"
            )
        return Agreement(version=version, sha256=sha256)
