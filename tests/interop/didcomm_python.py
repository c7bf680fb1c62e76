"""Runs in the environment that has PyPI `didcomm`: reads a job from standard input, writes the answers.

It shares nothing with this project but the JSON of the job.
"""

import asyncio
import json
import sys

from didcomm import (
    AnonCryptAlg,
    DIDDoc,
    DIDResolverInMemory,
    FromPrior,
    Message,
    PackEncryptedConfig,
    PackEncryptedParameters,
    ResolversConfig,
    Secret,
    SecretsResolverInMemory,
    UnpackConfig,
    VerificationMaterial,
    VerificationMaterialFormat,
    VerificationMethodType,
)
from didcomm.common.types import DIDCommMessageTypes
from didcomm.pack_encrypted import pack_encrypted
from didcomm.pack_signed import pack_signed
from didcomm.protocols.routing.forward import is_forward, wrap_in_forward
from didcomm.unpack import unpack

ENCRYPTIONS = {alg.value.enc: alg for alg in AnonCryptAlg}


def resolvers(job):
    def secret(jwk):
        material = VerificationMaterial(format=VerificationMaterialFormat.JWK, value=json.dumps(jwk))
        return Secret(kid=jwk["kid"], type=VerificationMethodType.JSON_WEB_KEY_2020, verification_material=material)

    return ResolversConfig(
        secrets_resolver=SecretsResolverInMemory([secret(jwk) for jwk in job["secrets"]]),
        did_resolver=DIDResolverInMemory([DIDDoc.deserialize(document) for document in job["documents"]]),
    )


async def pack(config, order):
    message = Message.from_dict(order["message"])
    if order["from_prior"]:
        message.from_prior = FromPrior(**order["from_prior"])
    if not order["encrypted"]:
        return (await pack_signed(config, message, order["signer"])).packed_msg
    result = await pack_encrypted(
        config,
        message,
        to=order["to"],
        frm=order["from"],
        sign_frm=order["signer"],
        pack_config=PackEncryptedConfig(
            enc_alg_anon=ENCRYPTIONS[order["enc"]], protect_sender_id=order["protect_sender"], forward=False
        ),
        pack_params=PackEncryptedParameters(
            from_prior_issuer_kid=order["from_prior_kid"] if order["from_prior"] else None
        ),
    )
    forward = order["forward_to"]
    if not forward:
        return result.packed_msg
    wrapped = await wrap_in_forward(
        config,
        json.loads(result.packed_msg),
        to=forward["next"],
        routing_keys=[forward["key"]],
        enc_alg_anon=ENCRYPTIONS["A256CBC-HS512"],
    )
    return json.dumps(wrapped.msg_encrypted.msg)


async def opened(config, packed):
    result = await unpack(config, packed, UnpackConfig(unwrap_re_wrapping_forward=False), lambda value: value)
    message = result.message
    if is_forward(message):
        return await opened(config, json.dumps(message["attachments"][0]["data"]["json"]))
    metadata = result.metadata
    message.pop("from_prior", None)  # it stands there unpacked
    return {
        "message": message,
        "sender": metadata.encrypted_from,
        "signer": metadata.sign_from,
        "prior": metadata.from_prior_issuer_kid,
    }


async def answer(make):
    try:
        return await make
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


async def packed_answer(config, order):
    return {"packed": await pack(config, order)}


async def main():
    job = json.load(sys.stdin)
    config = resolvers(job)
    assert DIDCommMessageTypes.ENCRYPTED.value == "application/didcomm-encrypted+json"
    answers = {
        "pack": {name: await answer(packed_answer(config, order)) for name, order in job["pack"].items()},
        "unpack": {name: await answer(opened(config, packed)) for name, packed in job["unpack"].items()},
    }
    json.dump(answers, sys.stdout)


asyncio.run(main())
