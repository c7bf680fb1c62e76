"""Messages packed here open there, and messages packed there open here: `make interop`.

Credentials and the logs of a did:webvh likewise; members of a network of ours are found there too.

For messages each counterpart gets one job: the DID documents, its own secrets, messages to pack, and envelopes of ours
to open. Every answer is compared as a whole: the message, and which keys it is said to come from.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

from rich.console import Console
from rich.table import Table

from protocols.didcomm.envelope import Unpacked, pack_anoncrypt, pack_authcrypt, pack_signed, unpack
from protocols.didcomm.forward import read_forward, wrap_forward
from protocols.didcomm.from_prior import FromPrior, sign_from_prior
from protocols.didcomm.message import Message, parse_message
from protocols.errors import ProtocolError
from tests.interop import credentials, histories, selective, statements, trust
from tests.interop.cases import SIGNERS, Case, cases
from tests.interop.counterparts import (
    Counterpart,
    NotInstalled,
    node_didcomm,
    node_jsonld,
    node_sd_jwt,
    node_trust,
    node_vc,
    node_verifier_core,
    python_didcomm,
    python_sd_jwt,
    python_webvh,
)
from tests.support.parties import NOW, Party, documents, entropy_of, lunch, party

OURS, THEIRS = party("ours"), party("theirs")
PRIOR = party("prior")
"""Who either sender was before; both sides hold its keys, for the cases with from_prior."""
KNOWN = documents(OURS, THEIRS, PRIOR)
entropy = entropy_of("interop")

Outcome = tuple[str, str, str]
"""Direction, name of the case, and what went wrong: empty when nothing did."""


def main() -> int:
    """Prints the table; 1 when an exchange failed or no counterpart could be had, else 0."""
    console = Console()
    passed = failed = 0
    counterparts = [(python_didcomm, exchange), (node_didcomm, exchange)]
    counterparts += [(python_sd_jwt, selective.exchange), (node_sd_jwt, selective.exchange)]
    counterparts += [(node_vc, credentials.exchange), (node_verifier_core, credentials.exchange)]
    counterparts += [(node_jsonld, statements.exchange), (node_trust, trust.exchange)]
    counterparts += [(python_webvh, histories.exchange)]
    for counterpart, exchanged in counterparts:
        try:
            console.print(f"preparing {(counterpart.__doc__ or '').partition('(')[0].strip()} …")
            ready = counterpart()
        except NotInstalled as missing:
            console.print(f"[yellow]not run:[/] {missing}")
            continue
        outcomes = list(exchanged(ready))
        console.print(table(ready, outcomes))
        failed += sum(bool(fault) for _, _, fault in outcomes)
        passed += sum(not fault for _, _, fault in outcomes)
    console.print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


def exchange(counterpart: Counterpart) -> Iterator[Outcome]:
    """Every case that the counterpart's curves allow, in both directions."""
    chosen = [case for case in cases() if case.needs is None or case.needs in counterpart.curves]
    job = {
        "documents": [each.raw for each in (OURS, THEIRS, PRIOR)],
        "secrets": [{**key.to_jwk(), "kid": kid} for each in (THEIRS, PRIOR) for kid, key in each.keys.items()],
        "pack": {case.name: instructions(case) for case in chosen},
        "unpack": {case.name: packed(case).decode() for case in chosen},
    }
    try:
        answers = counterpart.run(job)
    except RuntimeError as error:
        yield "both", "all", str(error)
        return
    for case in chosen:
        yield "theirs opens here", case.name, fault_of(opens_here, case, answers["pack"][case.name])
        yield "ours opens there", case.name, fault_of(opened_there, case, answers["unpack"][case.name])


def fault_of(check: Callable[[Case, dict[str, Any]], None], case: Case, answer: dict[str, Any]) -> str:
    """What `check` says against `answer`, empty for nothing."""
    if "error" in answer:
        return f"refused there: {answer['error']}"
    try:
        check(case, answer)
    except ProtocolError as error:
        return f"refused here: {type(error).__name__}: {error.detail}"
    except AssertionError as error:
        return f"differs: {error}"
    return ""


def message_from(sender: Party, to: Party, **headers: Any) -> Message:
    return lunch(sender, to, thid="t-1", **headers)


def key_ids(case: Case, sender: Party, to: Party) -> dict[str, str | None]:
    """Which keys are used: `to` one of the recipient's, or its DID for all of the curve."""
    return {
        "from": sender.agreement(case.crv).kid if "authcrypt" in case.layers else None,
        "signer": sender.signer(SIGNERS[case.alg]).kid if "signed" in case.layers else None,
        "to": to.did if case.all_keys else to.agreement(case.crv).kid,
    }


def instructions(case: Case) -> dict[str, Any]:
    """What the counterpart is asked to pack."""
    return {
        **key_ids(case, THEIRS, OURS),
        "encrypted": case.layers != ("signed",),
        "enc": case.enc,
        "protect_sender": case.layers[:2] == ("anoncrypt", "authcrypt"),
        "message": message_from(THEIRS, OURS).to_json(),
        "from_prior": {"iss": PRIOR.did, "sub": THEIRS.did, "iat": int(NOW.timestamp())} if case.rotated else None,
        "from_prior_kid": PRIOR.signer().kid,
        "forward_to": {"next": OURS.did, "key": OURS.agreement().kid} if case.forward else None,
    }


def packed(case: Case) -> bytes:
    """Our envelope for the counterpart."""
    rotation = sign_from_prior(old=PRIOR.did, new=OURS.did, signer=PRIOR.signer(), rotated_at=NOW)
    message = message_from(OURS, THEIRS, **({"from_prior": rotation} if case.rotated else {}))
    recipients = THEIRS.recipients(case.crv)[: None if case.all_keys else 1]
    payload: Message | bytes = message
    for layer in reversed(case.layers):
        match layer:
            case "signed":
                payload = pack_signed(message, OURS.signer(SIGNERS[case.alg]))
            case "authcrypt":
                sender = OURS.agreement(case.crv)
                payload = pack_authcrypt(payload, sender=sender, recipients=recipients, entropy=entropy)
            case _:
                payload = pack_anoncrypt(payload, recipients=recipients, entropy=entropy, enc=case.enc)
    assert isinstance(payload, bytes)
    if case.forward:
        keys = THEIRS.recipients()[:1]
        return wrap_forward(payload, next=THEIRS.did, keys=keys, id="f-1", entropy=entropy)
    return payload


def opens_here(case: Case, answer: dict[str, Any]) -> None:
    """Opens the counterpart's envelope and compares everything it proves."""

    def opened(data: bytes) -> Unpacked:
        return unpack(data, secrets=OURS.secrets, documents=KNOWN, now=NOW)

    data = answer["packed"].encode()
    if case.forward:
        forward = read_forward(opened(data).message)
        same(forward.next, OURS.did, "next")
        data = forward.envelope
    result, kids = opened(data), key_ids(case, THEIRS, OURS)
    same(result.layers, case.layers, "layers")
    same((result.sender_kid, result.signer), (kids["from"], kids["signer"]), "keys")
    same(result.sender, THEIRS.did if kids["from"] or kids["signer"] else None, "sender")
    same(result.prior, FromPrior(old=PRIOR.did, new=THEIRS.did, rotated_at=NOW) if case.rotated else None, "from_prior")
    same(without_prior(result.message), message_from(THEIRS, OURS), "message")


def opened_there(case: Case, answer: dict[str, Any]) -> None:
    """Compares what the counterpart found in our envelope."""
    kids = key_ids(case, OURS, THEIRS)
    same((answer["sender"], answer["signer"]), (kids["from"], kids["signer"]), "keys")
    same(answer["prior"], PRIOR.signer().kid if case.rotated else None, "from_prior")
    same(without_prior(parse_message(answer["message"])), message_from(OURS, THEIRS), "message")


def without_prior(message: Message) -> Message:
    value = message.to_json()
    return parse_message({name: item for name, item in value.items() if name != "from_prior"})


def same(found: object, expected: object, what: str) -> None:
    assert found == expected, f"{what}: {str(found)[:200]} instead of {str(expected)[:200]}"


def table(counterpart: Counterpart, outcomes: list[Outcome]) -> Table:
    """One line a case, a column for each direction."""
    lines = Table("case", "theirs opens here", "ours opens there", title=counterpart.name, title_justify="left")
    ok = "[green]ok[/]"
    faults = {(direction, name): fault for direction, name, fault in outcomes}
    for name in dict.fromkeys(name for _, name, _ in outcomes):
        cells = [
            faults.get((way, name), faults.get(("both", name))) for way in ("theirs opens here", "ours opens there")
        ]
        lines.add_row(name, *(f"[red]{json.dumps(cell)}[/]" if cell else ok if cell == "" else "" for cell in cells))
    return lines
