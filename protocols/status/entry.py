"""Where a credential says its status stands.

Spec: https://www.w3.org/TR/vc-bitstring-status-list/#bitstringstatuslistentry
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from protocols.credentials.shape import as_object, as_text, is_url, many
from protocols.errors import UnsupportedMessage
from protocols.jose.encoding import MAX_SAFE_INTEGER, JsonObject
from protocols.status.errors import MalformedValueError, StatusRangeError

ENTRY_TYPE = "BitstringStatusListEntry"
MESSAGE = "message"
MAX_SIZE_BITS = 13
"""The messages of a wider entry, one a value, would not fit into a credential."""
MAX_ENTRIES = 16
"""Entries of one credential that are looked up: each makes this node fetch a list, again and again."""
_JWT_KEY = "#statuslist+jwt"
_INDEX = re.compile(r"(?:0|[1-9]\d*)\Z", re.ASCII)
_CODE = re.compile(r"0x[0-9a-fA-F]{1,8}\Z", re.ASCII)


class Form(StrEnum):
    """What stands at a list's URL. One URL may serve both, to whoever asks for which."""

    BITSTRING = "BitstringStatusList"
    JWT = "statuslist+jwt"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusEntry:
    """One status of a credential: bit (or value) `index` of the list at `list_url`, read for `purpose`.

    Args:
        size: bits of the entry; `messages` names its values where it is more than one. Of an entry in a token's list
            the list says it.
        form: of the list that it points to.
    """

    list_url: str
    index: int
    purpose: str
    id: str | None = None
    size: int = 1
    messages: Mapping[int, str] | None = None
    reference: tuple[str, ...] = ()
    form: Form = Form.BITSTRING

    @property
    def key(self) -> str:
        """What its list is kept under: the URL, with a fragment of ours for a token's list, which is never sent."""
        return self.list_url if self.form is Form.BITSTRING else f"{self.list_url}{_JWT_KEY}"


def token_uri(key: str) -> str | None:
    """The URI of the token's list that is kept under `key`; None where it is no token's."""
    return key.removesuffix(_JWT_KEY) if key.endswith(_JWT_KEY) else None


def parse_entry(value: Mapping[str, Any]) -> StatusEntry:
    """The entry in one credentialStatus object.

    Raises:
        UnsupportedMessage: a status of another type, about which nothing can be told here.
        MalformedValueError: a Bitstring entry that breaks its rules.
        StatusRangeError: an index that no list can have.
    """
    if ENTRY_TYPE not in many(value.get("type")):
        raise UnsupportedMessage("an unknown status type", found=str(value.get("type"))[:80], expected=ENTRY_TYPE)
    index, url, purpose = value.get("statusListIndex"), value.get("statusListCredential"), value.get("statusPurpose")
    if not isinstance(index, str) or not _INDEX.match(index):
        raise MalformedValueError("statusListIndex", found=str(index)[:32], expected="a base-10 integer as a string")
    if not isinstance(url, str) or not is_url(url):
        raise MalformedValueError("statusListCredential", found=str(url)[:80], expected="an absolute URL")
    if not isinstance(purpose, str) or not purpose or len(purpose) > 80:
        raise MalformedValueError("statusPurpose", expected="revocation, suspension, message or refresh")
    if value.get("id") == url:
        raise MalformedValueError("the entry and the list have one id", expected="different ids")
    size = value.get("statusSize", 1)
    if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= MAX_SIZE_BITS:
        raise MalformedValueError("statusSize", found=str(size)[:32], expected=f"1 to {MAX_SIZE_BITS}")
    messages = _messages(value.get("statusMessage"), size, is_needed=size > 1 or purpose == MESSAGE)
    reference = _reference(value.get("statusReference"))
    if len(index) > 16 or int(index) > MAX_SAFE_INTEGER:
        raise StatusRangeError("the index is past the end of every list", found=f"{len(index)} digits")
    return StatusEntry(
        list_url=url,
        index=int(index),
        purpose=purpose,
        id=as_text(value.get("id")),
        size=size,
        messages=messages,
        reference=reference,
    )


def status_entry(
    *, list_url: str, index: int, purpose: str, messages: Sequence[str] = (), reference: str | None = None
) -> JsonObject:
    """A credentialStatus object for one entry of our own list.

    Args:
        messages: what its values mean, the one for 0 first, a power of two of them; none for an entry of one bit that
            needs no words.
        reference: where they are explained.

    Raises:
        ValueError: another number of messages.
    """
    entry: JsonObject = {
        "id": f"{list_url}#{index}",
        "type": ENTRY_TYPE,
        "statusPurpose": purpose,
        "statusListIndex": str(index),
        "statusListCredential": list_url,
    }
    if messages:
        entry["statusSize"] = size_for(len(messages))
        entry["statusMessage"] = [{"status": hex(value), "message": text} for value, text in enumerate(messages)]
    if reference is not None:
        entry["statusReference"] = reference
    return entry


def size_for(count: int) -> int:
    """The bits of an entry that has `count` messages; raises ValueError unless `count` is a power of two over 1."""
    size = count.bit_length() - 1
    if count != 1 << size or not 1 <= size <= MAX_SIZE_BITS:
        raise ValueError(f"{count} messages; there are 2, 4, 8 or so on, one a value")
    return size


def _messages(value: Any, size: int, *, is_needed: bool) -> Mapping[int, str] | None:
    if value is None and not is_needed:
        return None
    if not isinstance(value, list):
        raise MalformedValueError("statusMessage", expected=f"an array of {2**size} objects")
    items = [as_object(item) or {} for item in many(value)]
    named: dict[int, str] = {}
    for item in items:
        code, message = item.get("status"), item.get("message")
        if not isinstance(code, str) or not _CODE.match(code) or not isinstance(message, str):
            raise MalformedValueError("statusMessage", expected="objects with a hexadecimal status and a message")
        named[int(code, 16)] = message
    if len(items) != 2**size or named.keys() != set(range(2**size)):
        raise MalformedValueError("statusMessage", found=f"{len(items)} items", expected=f"{2**size}, one a value")
    return named


def _reference(value: Any) -> tuple[str, ...]:
    items = many(value)
    if not all(is_url(item) for item in items):
        raise MalformedValueError("statusReference", expected="a URL, or an array of URLs")
    return tuple(items)
