"""What must be true of a node's database at every moment, looked at check by check; nothing is changed.

The database's own words about its file come first; what follows reads as the services read: chains, trees, lists, keys.
"""

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from node.adapters.keystore import Keystore
from node.errors import ConfigurationError, NodeError
from node.services.did_document import Purpose
from node.services.member_record import entry_of
from node.storage import integrity
from node.storage.repos import history, identity, membership
from node.storage.unit import Session, UnitOfWork
from protocols.errors import ProtocolError
from protocols.jose.encoding import b64url_decode, b64url_encode
from protocols.trust.issuance_log.inclusion import leaf_of
from protocols.trust.issuance_log.merkle import Tree
from protocols.trust.membership_log import check_log

MOST_SHOWN = 20
"""Problems of one check that are listed; where there are more, the last line says so."""


class Outcome(StrEnum):
    OK = "ok"
    WRONG = "wrong"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at: `found` is how much of it there is, or what is wrong with it."""

    name: str
    outcome: Outcome
    found: str
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a check found: problems, and how to say it where there are none; None for a check that has no object."""

    problems: Sequence[str]
    summary: str | None


@dataclass(frozen=True, slots=True)
class Consistency:
    """See the module's own words.

    Args:
        open_keystore: makes an empty keystore under the master key; it may raise ConfigurationError.
        log: the entity id of this node, which its own heads name.
    """

    storage: UnitOfWork
    open_keystore: Callable[[], Keystore]
    log: str

    async def examine(self) -> list[Check]:
        """Every check, in order; none keeps the next from being made. Each reads one moment of the database."""
        checks: tuple[tuple[str, Callable[[Session], Looked]], ...] = (
            ("database file", _file),
            ("foreign keys", _foreign_keys),
            ("membership log", _membership_log),
            ("issuance log", self._issuance_log),
            ("status lists", _status_lists),
            ("sealed keys", self._sealed_keys),
        )
        return [await self._examined(name, look) for name, look in checks]

    async def _examined(self, name: str, look: Callable[[Session], Looked]) -> Check:
        try:
            looked = await self.storage.read(look)
        except (NodeError, ProtocolError) as error:
            return Check(name=name, outcome=Outcome.WRONG, found=error.sentence, problems=(error.sentence,))
        except (ValueError, TypeError, KeyError, AttributeError) as error:  # a row that no writer of ours has written
            problem = f"a row that cannot be read: {type(error).__name__}"
            return Check(name=name, outcome=Outcome.WRONG, found=problem, problems=(problem,))
        if looked.problems:
            shown = tuple(looked.problems[:MOST_SHOWN])
            more = len(looked.problems) - len(shown)
            found = f"{shown[0]}{f', and {len(looked.problems) - 1} more' if len(looked.problems) > 1 else ''}"
            problems = (*shown, f"and {more} more") if more else shown
            return Check(name=name, outcome=Outcome.WRONG, found=found, problems=problems)
        if looked.summary is None:
            return Check(name=name, outcome=Outcome.NOT_APPLICABLE, found="the database's own tools look at this")
        return Check(name=name, outcome=Outcome.OK, found=looked.summary)

    def _issuance_log(self, session: Session) -> Looked:
        """Places without gaps, leaves that commit to their digests, and every head of ours over what it counts."""
        tree, changed = Tree(), list[str]()
        for position, leaf, salt, digest in integrity.placed_leaves(session):
            if position != tree.size:
                return Looked(problems=[f"no leaf stands at {tree.size}, the next one at {position}"], summary="")
            if b64url_encode(leaf_of(b64url_decode(salt), b64url_decode(digest))) != leaf:
                changed.append(f"leaf {position} does not commit to its digest")
            tree.extend([b64url_decode(leaf)])
        heads = integrity.heads(session, self.log)
        problems = [*changed, *_wrong_heads(heads, tree)]
        covered = heads[-1][0] if heads else 0
        if covered < tree.size:
            problems.append(f"{tree.size - covered} leaves have a place and are under no head")
        return Looked(problems=problems, summary=f"{tree.size} leaves under {len(heads)} heads")

    def _sealed_keys(self, session: Session) -> Looked:
        """Every private key, and the announced one of a did:webvh, opens under the master key."""
        keystore = self.open_keystore()
        stored = [_Sealed(row.kid, row.purpose, row.sealed) for row in identity.keys(session)]
        stored += [
            _Sealed(row.next_kid, Purpose.AUTHENTICATION, row.next_sealed or b"") for row in history.unused(session)
        ]
        problems: list[str] = []
        for key in stored:
            try:
                keystore.opened(key)
            except ConfigurationError as error:
                problems.append(f"{error.detail}: {error.found}")
        return Looked(problems=problems, summary=f"{len(stored)} keys, all open")


@dataclass(frozen=True, slots=True)
class _Sealed:
    kid: str
    purpose: str
    sealed: bytes


def _file(session: Session) -> Looked:
    problems = integrity.file_problems(session)
    return Looked(problems=problems or (), summary=None if problems is None else "whole")


def _foreign_keys(session: Session) -> Looked:
    problems = integrity.foreign_key_problems(session)
    return Looked(problems=problems or (), summary=None if problems is None else "all lead somewhere")


def _membership_log(session: Session) -> Looked:
    entries = [entry_of(entry) for entry in membership.log(session)]
    return Looked(problems=check_log(entries), summary=f"{len(entries)} entries, each after the one before")


def _wrong_heads(heads: Sequence[tuple[int, str]], tree: Tree) -> Iterator[str]:
    for size, root in heads:
        if size > tree.size:
            yield f"the head of {size} leaves counts more than the {tree.size} there are"
        elif b64url_encode(tree.root(size)) != root:
            yield f"the head of {size} leaves has another root than they have"


def _status_lists(session: Session) -> Looked:
    names = integrity.status_list_names(session)
    problems = [problem for name in names if (problem := _list_problem(name, *integrity.status_list(session, name)))]
    return Looked(problems=problems, summary=f"{len(names)} lists, each of its size")


def _list_problem(name: str, compressed: bytes, size: int) -> str | None:
    inflating = zlib.decompressobj()
    try:
        bits = inflating.decompress(compressed, size // 8 + 1)  # a damaged one may inflate to anything
    except zlib.error:
        return f"list {name} does not inflate"
    if not inflating.eof or len(bits) * 8 != size:
        return f"list {name} is not of its {size} bits"
    return None
