"""What a learner looks at before they say yes, remembered: a yes is to the screen that was shown, and to no other.

Between the look and the yes a record may come, another may expire, midnight may pass. Whatever then would be shared,
or said, that was not on the screen is not agreed to: the learner looks again.
"""

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from node.demo.wallet.errors import NotFound, Unseen
from node.demo.wallet.rows import consents
from node.demo.wallet.rows.consents import Shown
from node.demo.wallet.rows.values import dumped
from node.demo.wallet.screen import screen_of, text_of
from node.demo.wallet.views import ItemView, RequestView
from protocols.consent.screen import ConsentScreen, lines
from protocols.jose.encoding import digest

LOOK = "`show` with the same items, then `approve`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a yes would mean at one moment: the items that it answers, until when at the latest, in which words.

    `shown`: the same as it is remembered.
    """

    view: RequestView
    items: tuple[ItemView, ...]
    until: datetime
    screen: ConsentScreen
    shown: Shown


def look(found: RequestView, items: Collection[str] | None, now: datetime) -> Look:
    """The screen for `items`, or for all that can be answered; raises NotFound for an item that was not asked for."""
    chosen, until = _chosen(found, items), kept_until(found, now)
    screen = screen_of(found, {item.item.id for item in chosen}, until)
    shown = Shown(
        request=found.id,
        items=dumped(None if items is None else sorted(set(items))),
        screen=digest("\n".join(lines(screen)).encode()),
        records=dumped({item.item.id: item.held.digest for item in chosen if item.held is not None}),
    )
    return Look(view=found, items=chosen, until=until, screen=screen, shown=shown)


def check_seen(db: sqlite3.Connection, now: Look) -> None:
    """Raises Unseen where the last look at these items was at other words or other records, or there was none."""
    seen = consents.shown(db, now.shown.request, now.shown.items)
    if seen is None:
        raise Unseen("this was not shown yet: look first", screen=text_of(now.screen), expected=LOOK)
    if seen != now.shown:
        detail = "what you would share has changed since you looked: look again"
        raise Unseen(detail, screen=text_of(now.screen), expected=LOOK)


def kept_until(found: RequestView, now: datetime) -> datetime:
    """The last moment at which the asker may still have what is shared now; a day where it asks for none."""
    return now + timedelta(days=max(1, found.request.retention_days))


def _chosen(found: RequestView, items: Collection[str] | None) -> tuple[ItemView, ...]:
    known = {item.item.id for item in found.items}
    for id in items or ():
        if id not in known:
            raise NotFound("no such item in this request", found=id[:40], expected=", ".join(sorted(known)))
    return tuple(item for item in found.items if item.held is not None and (items is None or item.item.id in items))
