"""consented-relay/1.0 on this node: as entry, as exit and as asker."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from node.clock import jitter
from node.services.parts import Parts
from node.services.performers import Unit
from protocols.flows.consented_relay.messages import CheckSealed, TakeDelivery, Vouched


def vouched(parts: Parts, unit: Unit, effect: Vouched) -> None:
    parts.entry.count(unit.session, effect.owner, effect.middle, now=unit.now)


def check_sealed(parts: Parts, unit: Unit, effect: CheckSealed) -> None:
    payload = {"vouching": effect.vouching, "middle": effect.middle, "expires_at": effect.expires_at.isoformat()}
    # Held for a random time, so that the times at entry and asker do not line up.
    held_until = unit.now + timedelta(milliseconds=jitter() * parts.hold_ms_max)
    parts.work.add(unit.session, "relay.check", payload, now=unit.now, not_before=held_until)


def take_delivery(parts: Parts, unit: Unit, effect: TakeDelivery) -> None:
    payload = {"exit": effect.exit, "body": effect.body, "inner": effect.inner}
    parts.work.add(unit.session, "exchange.delivery", payload, now=unit.now)


def entry(parts: Parts, unit: Unit, arguments: Mapping[str, Any]) -> Any:
    facts = parts.entry.facts(unit.session, arguments["owner"], arguments["middle"], now=unit.now)
    standing = parts.directory.standing(unit.session, arguments["next"], "relay", unit.now)
    return {**facts, "next_is_relay": standing.outcome != "no"}


def is_relay(parts: Parts, unit: Unit, arguments: Mapping[str, Any]) -> Any:
    """Whether this may be a relay: a member, whatever its standing, which is checked later and answered by name."""
    known = parts.directory.member(unit.session, arguments["did"]) is not None
    return known or not parts.directory.is_synced(unit.session)


PERFORMS = {Vouched: vouched, CheckSealed: check_sealed, TakeDelivery: take_delivery}
READS = {"entry": entry, "is_relay": is_relay}
