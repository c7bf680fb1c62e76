"""Links that people are given: what is behind one is fetched here, and nothing in it is believed yet."""

from urllib.parse import urlsplit

from node.demo.wallet.directory import host_of
from node.demo.wallet.errors import Refused
from node.demo.wallet.transport import Transport
from protocols.dids.shapes import as_object
from protocols.errors import ProtocolError
from protocols.flows.out_of_band.messages import MAX_INVITATION_BYTES, Invitation, read_invitation
from protocols.jose.encoding import parse_object

ENROL = "org.w3id.ler-exchange.enrol"
PRESENT = "org.w3id.ler-exchange.present"
MAX_PROTOCOLS_BYTES = 16 * 1024


async def fetch(transport: Transport, link: str, *, goal: str) -> Invitation:
    """The invitation behind an interaction URL.

    Raises:
        Refused: not a link of this kind, or an invitation that leads to another host than the link's.
        Unreachable: it does not open now.
    """
    body = await transport.get(link, accept="application/json", max_bytes=MAX_PROTOCOLS_BYTES)
    try:
        protocols = as_object(parse_object(body, max_bytes=MAX_PROTOCOLS_BYTES).get("protocols")) or {}
        address = protocols.get("didcomm")
        if not isinstance(address, str) or urlsplit(address).netloc != urlsplit(link).netloc:
            raise Refused("the link offers nothing that this wallet speaks", expected="protocols.didcomm")
        invitation = read_invitation(
            await transport.get(address, accept="application/json", max_bytes=MAX_INVITATION_BYTES)
        )
        is_of_host = host_of(invitation.sender) == urlsplit(link).netloc
    except ProtocolError as error:
        raise Refused(f"the link does not lead to an invitation: {error.detail}") from error
    if not is_of_host:
        raise Refused("the invitation is of another host than the link", found=invitation.sender[:80])
    if invitation.goal_code != goal:
        raise Refused("the link is for something else", found=str(invitation.goal_code)[:80], expected=goal)
    return invitation
