"""The consent screen: the words a learner reads before they say yes, and how a terminal shows them.

`screen_of` makes the words, all that depend on who asks and what is shared; they are hashed into the consent record.
`text_of` draws exactly these under headings that are always the same. Learners read no DID, relay or mediator.
"""

import json
from collections.abc import Collection
from datetime import datetime

from node.demo.wallet.rows.relations import Held
from node.demo.wallet.views import ItemView, RequestView, issuer_name_of, name_of
from protocols.consent.screen import ConsentScreen

LANGUAGE = "en"
MAX_OTHERS = 10
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
"""Not strftime's: the words that are hashed must not depend on the machine's locale."""
UNKNOWN = "An unknown requester"
NOBODY = "nobody whom your network knows"


def screen_of(view: RequestView, chosen: Collection[str], until: datetime) -> ConsentScreen:
    """The words for sharing what answers the items `chosen`, to be deleted by `until` at the latest."""
    requester = view.requester
    is_known = requester.is_in_good_standing
    since = requester.standing.since
    days = view.request.retention_days
    retention = f"{days} {'day' if days == 1 else 'days'}, deleted by {_day(until)}"
    return ConsentScreen(
        requester=requester.name or UNKNOWN if is_known else UNKNOWN,
        voucher=requester.voucher or NOBODY if is_known else NOBODY,
        vouched_since=_since(since) if is_known else f"could not tell who this is: {requester.standing.reason}",
        purpose=f"{view.request.purpose.text}{_warning(view.over_asks.purpose)}",
        retention=f"{retention}{_warning(view.over_asks.retention)}",
        shared=tuple(_shared(item) for item in view.items if item.item.id in chosen and item.held is not None),
        not_shared=(
            *(_not_shared(item) for item in view.items if item.item.id not in chosen or item.held is None),
            *_others(view, chosen),
        ),
        language=LANGUAGE,
    )


def text_of(screen: ConsentScreen) -> str:
    """The screen as lines of text, with nothing on it that could move a terminal's cursor."""
    parts = [
        f"{screen.requester} asks to see records of yours.",
        f"  Vouched for by   {screen.voucher}, {screen.vouched_since}",
        f"  Why              {screen.purpose}",
        f"  Kept for         {screen.retention}",
        "You would share:",
        *(f"  + {words}" for words in screen.shared or ("nothing",)),
        "You would not share:",
        *(f"  - {words}" for words in screen.not_shared or ("nothing else is kept here",)),
    ]
    return "\n".join(map(_plain, parts))


def _shared(item: ItemView) -> str:
    held = item.held
    if held is None:
        return ""
    name, issuer = name_of(held.document), issuer_name_of(held.document)
    return f"{name}, from {issuer}, the whole record ({_need(item)}: {_asked(item)}): {item.why}{_too_much(item)}"


def _not_shared(item: ItemView) -> str:
    reason = f"nothing you have answers it ({item.missing})" if item.held is None else "you chose not to"
    return f"{_asked(item)} ({_need(item)}): {reason}{_too_much(item)}"


def _others(view: RequestView, chosen: Collection[str]) -> list[str]:
    """The learner's other records by name, and every value that no chosen record holds."""
    shared = {item.held.digest for item in view.items if item.item.id in chosen and item.held is not None}
    unshared: dict[str, Held] = {
        item.held.digest: item.held for item in view.items if item.held is not None and item.held.digest not in shared
    }
    rest = [*unshared.values(), *view.others]
    named = [f"Your record {name_of(held.document)}, from {issuer_name_of(held.document)}" for held in rest]
    if len(named) > MAX_OTHERS:
        return [*named[:MAX_OTHERS], f"and {len(named) - MAX_OTHERS} more of your records"]
    return named


def _asked(item: ItemView) -> str:
    skill = item.item.skill
    return skill.name if skill is not None else item.item.credential_type


def _need(item: ItemView) -> str:
    return "required" if item.item.required else "optional"


def _too_much(item: ItemView) -> str:
    return " WARNING: it is not registered to ask for this." if item.is_too_much else ""


def _warning(words: str | None) -> str:
    return f" WARNING: {words}" if words else ""


def _since(at: datetime | None) -> str:
    return "a member in good standing" + (f" since {_day(at)}" if at is not None else "")


def _day(at: datetime) -> str:
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}"


def _plain(line: str) -> str:
    return "".join(character if character.isprintable() else json.dumps(character)[1:-1] for character in line)
