"""Who this node is and the keys it has."""

from datetime import datetime

from node.http.api.operation import AnyOperation, Call, read, write
from node.http.api.schema import ApiModel, Empty, Page
from node.services.did_document import OwnKey, Purpose
from node.services.tokens import Role
from node.services.wiring import Services


class IdentityAnswer(ApiModel):
    did: str
    url: str


class KeyAnswer(ApiModel):
    kid: str
    purpose: Purpose
    crv: str
    created_at: datetime
    retired_at: datetime | None
    used_until: datetime | None
    revoked_at: datetime | None


class RotateBody(ApiModel):
    purpose: Purpose
    leaked: bool = False


async def show_identity(services: Services, call: Call[Empty, Empty]) -> IdentityAnswer:
    return IdentityAnswer(did=services.identity.did, url=services.identity.base_url)


async def list_keys(services: Services, call: Call[Empty, Empty]) -> Page[KeyAnswer]:
    return Page[KeyAnswer](items=[_answer(key) for key in services.identity.all_keys()])


async def rotate_key(services: Services, call: Call[RotateBody, Empty]) -> KeyAnswer:
    """An anchor's federation key is in its members' and learners' hands, who know the anchor by nothing else.

    Raises:
        Conflict: this node is an anchor, and the key its federation key.
    """
    if call.body.purpose is Purpose.FEDERATION:
        await services.configuration.check_replaceable()
    return _answer(await services.identity.rotate(call.body.purpose, leaked=call.body.leaked))


def _answer(key: OwnKey) -> KeyAnswer:
    return KeyAnswer(
        kid=key.kid,
        purpose=key.purpose,
        crv=key.public.crv,
        created_at=key.created_at,
        retired_at=key.retired_at,
        used_until=None if key.purpose is Purpose.FEDERATION else key.used_until,
        revoked_at=key.revoked_at,
    )


OPERATIONS: tuple[AnyOperation, ...] = (
    read("/identity", "Who this node is.", tuple(Role), show_identity),
    read(
        "/keys",
        "Every key this node ever had, the public part, oldest first.",
        (Role.OPERATOR, Role.AUDITOR),
        list_keys,
    ),
    write(
        "/keys/rotate",
        "Make the next key: published now, used when others know it; what the old one signed goes on verifying.",
        (Role.OPERATOR,),
        rotate_key,
        status=201,
    ),
)
