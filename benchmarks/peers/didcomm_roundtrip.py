"""Runs in the environment that has PyPI `didcomm`: packs an authcrypt message and opens it, as often as it can.

It shares nothing with this project but the JSON of the job: {documents, secrets, message, from, to}.
"""

import asyncio
import json
import sys
from time import perf_counter

from didcomm import (
    DIDDoc,
    DIDResolverInMemory,
    Message,
    PackEncryptedConfig,
    ResolversConfig,
    Secret,
    SecretsResolverInMemory,
    VerificationMaterial,
    VerificationMaterialFormat,
    VerificationMethodType,
)
from didcomm.pack_encrypted import pack_encrypted
from didcomm.unpack import unpack


def resolvers(job):
    def secret(jwk):
        material = VerificationMaterial(format=VerificationMaterialFormat.JWK, value=json.dumps(jwk))
        return Secret(kid=jwk["kid"], type=VerificationMethodType.JSON_WEB_KEY_2020, verification_material=material)

    return ResolversConfig(
        secrets_resolver=SecretsResolverInMemory([secret(jwk) for jwk in job["secrets"]]),
        did_resolver=DIDResolverInMemory([DIDDoc.deserialize(document) for document in job["documents"]]),
    )


async def roundtrip(config, job):
    message = Message.from_dict(dict(job["message"]))
    options = PackEncryptedConfig(forward=False)
    packed = await pack_encrypted(config, message, to=job["to"], frm=job["from"], pack_config=options)
    opened = await unpack(config, packed.packed_msg)
    assert opened.message.body == job["message"]["body"]


async def rate(config, job, seconds):
    begun, count = perf_counter(), 0
    while (passed := perf_counter() - begun) < seconds:
        await roundtrip(config, job)
        count += 1
    return count / passed


def main():
    job = json.loads(sys.stdin.readline())
    config = resolvers(job)
    for line in sys.stdin:
        try:
            answer = asyncio.run(rate(config, job, float(line)))
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


main()
