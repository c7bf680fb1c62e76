"""The DIDComm door: `POST /didcomm` and the WebSocket `/didcomm/ws`.

A 2xx means that the message is on disk. Whatever cannot be opened is refused with one wording, whatever the cause.

Spec: https://identity.foundation/didcomm-messaging/spec/v2.1/#transports
"""

import asyncio

from aiohttp import WSMsgType, web

from node.errors import NodeError, PayloadTooLarge
from node.http.problem import WrongMediaType
from node.keys import LOG, SERVICES
from protocols.errors import ProtocolError

MEDIA_TYPE = "application/didcomm-encrypted+json"
MAX_ENVELOPE_BYTES = 1024 * 1024
HEARTBEAT_S = 30.0

routes = web.RouteTableDef()


@routes.post("/didcomm")
async def receive(request: web.Request) -> web.Response:
    """Takes in one envelope; its answer, if it asked for one on this line, is the body."""
    if request.content_type != MEDIA_TYPE:
        raise WrongMediaType("not a DIDComm envelope", found=request.content_type, expected=MEDIA_TYPE)
    if (request.content_length or 0) > MAX_ENVELOPE_BYTES:
        raise PayloadTooLarge(
            "the envelope is too large", found=f"{request.content_length} bytes", expected=f"{MAX_ENVELOPE_BYTES}"
        )
    reply = await request.app[SERVICES].inbox.accept(await request.read())
    if reply is None:
        return web.Response(status=202)
    return web.Response(status=200, body=reply, content_type=MEDIA_TYPE)


@routes.get("/didcomm/ws")
async def socket(request: web.Request) -> web.WebSocketResponse:
    """One envelope a frame, in both directions. Who speaks is known from each envelope, never from the line."""
    services = request.app[SERVICES]
    line = web.WebSocketResponse(heartbeat=HEARTBEAT_S, max_msg_size=MAX_ENVELOPE_BYTES)
    await line.prepare(request)
    sending = asyncio.Lock()

    async def push(envelope: bytes) -> None:
        async with sending:
            await line.send_bytes(envelope)

    def hang_up() -> None:
        if request.transport is not None:
            request.transport.close()

    connection = services.live.connect(push, hang_up)
    try:
        async for frame in line:
            if frame.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                continue
            data = frame.data.encode("utf-8") if frame.type is WSMsgType.TEXT else frame.data
            try:
                reply = await services.inbox.accept(data, connection)
            except (ProtocolError, NodeError) as error:
                request.app[LOG].info("frame refused", kind=type(error).__name__)
                continue
            if reply is not None:
                await push(reply)
    finally:
        await connection.close()
    return line
