"""Who this node is and the keys it has."""

from datetime import datetime

from node.http.api.operation import Call, Operation
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


class RotateBody(ApiModel):
    purpose: Purpose


async def show(services: Services, call: Call[Empty, Empty]) -> IdentityAnswer:
    return IdentityAnswer(did=services.identity.did, url=services.identity.base_url)


async def list_keys(services: Services, call: Call[Empty, Empty]) -> Page[KeyAnswer]:
    return Page[KeyAnswer](items=[_answer(key) for key in services.identity.all_keys()])


async def rotate_key(services: Services, call: Call[RotateBody, Empty]) -> KeyAnswer:
    return _answer(await services.identity.rotate(call.body.purpose))


def _answer(key: OwnKey) -> KeyAnswer:
    return KeyAnswer(
        kid=key.kid,
        purpose=key.purpose,
        crv=key.public.crv,
        created_at=key.created_at,
        retired_at=key.retired_at,
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/identity",
        summary="Who this node is.",
        roles=tuple(Role),
        body=Empty,
        query=Empty,
        response=IdentityAnswer,
        handler=show,
    ),
    Operation(
        method="GET",
        path="/keys",
        summary="Every key this node ever had, the public part, oldest first.",
        roles=(Role.OPERATOR, Role.AUDITOR),
        body=Empty,
        query=Empty,
        response=Page[KeyAnswer],
        handler=list_keys,
    ),
    Operation(
        method="POST",
        path="/keys/rotate",
        summary="Put a new key in the place of the one in use; what the old one signed goes on verifying.",
        roles=(Role.OPERATOR,),
        body=RotateBody,
        query=Empty,
        response=KeyAnswer,
        status=201,
        handler=rotate_key,
    ),
)
