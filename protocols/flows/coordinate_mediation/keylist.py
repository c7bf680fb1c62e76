"""What an update does to a keylist, item by item."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from protocols.dids.did import check_did
from protocols.errors import DidError
from protocols.flows.coordinate_mediation.messages import MAX_RECIPIENTS, Result, Update
from protocols.jose.encoding import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is different afterwards, and the answer to each item in the order asked."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    updated: tuple[JsonObject, ...]


def apply(updates: Sequence[Update], keylist: Sequence[str], taken: Collection[str]) -> Changes:
    """The changes that `updates`, one after the other, make to `keylist`.

    A DID that is somebody else's (`taken`) is refused by the same `client_error` as one that is none, so that nobody
    finds out this way who is a customer here.
    """
    after = dict.fromkeys(keylist)
    updated: list[JsonObject] = []
    for update in updates:
        result = _apply_one(update, after, taken)
        updated.append({"recipient_did": update.recipient_did, "action": update.action, "result": result})
    return Changes(
        added=tuple(did for did in after if did not in keylist),
        removed=tuple(did for did in keylist if did not in after),
        updated=tuple(updated),
    )


def _apply_one(update: Update, after: dict[str, None], taken: Collection[str]) -> Result:
    did = update.recipient_did
    match update.action:
        case "remove" if did in after:
            del after[did]
            return "success"
        case "remove":
            return "no_change"
        case "add" if did in after:
            return "no_change"
        case "add" if did not in taken and len(after) < MAX_RECIPIENTS and _is_did(did):
            after[did] = None
            return "success"
        case _:
            return "client_error"


def _is_did(text: str) -> bool:
    try:
        check_did(text)
    except DidError:
        return False
    return True
