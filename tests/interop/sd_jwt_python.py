"""Runs in the environment that has PyPI `sd-jwt`: reads a job from standard input, writes the answers.

It shares nothing with this project but the JSON of the job, which `tests/interop/selective.py` describes.
"""

import json
import sys

from jwcrypto.jwk import JWK
from sd_jwt.common import SDObj
from sd_jwt.holder import SDJWTHolder
from sd_jwt.issuer import SDJWTIssuer
from sd_jwt.verifier import SDJWTVerifier


def key(jwk):
    return JWK.from_json(json.dumps(jwk))


def marked(value, paths):
    """`value` with SDObj around what can be withheld."""
    below = {step: [path[1:] for path in paths if path[0] == step and len(path) > 1] for step in {p[0] for p in paths}}
    if isinstance(value, dict):
        return {
            SDObj(name) if [name] in paths else name: marked(item, below.get(name, [])) for name, item in value.items()
        }
    if isinstance(value, list):
        items = [marked(item, below.get(index, [])) for index, item in enumerate(value)]
        return [SDObj(item) if [index] in paths else item for index, item in enumerate(items)]
    return value


def shown(value, paths):
    """What create_presentation wants to hear about `paths`: True, or the same again one level down."""
    if [] in paths:
        return True
    below = {step: [path[1:] for path in paths if path[0] == step] for step in {path[0] for path in paths}}
    if isinstance(value, list):
        return [shown(item, below[index]) if index in below else False for index, item in enumerate(value)]
    return {step: shown(value[step], rest) for step, rest in below.items()}


def present(job, token):
    holder = SDJWTHolder(token)
    wanted = shown(job["claims"], job["show"])
    holder.create_presentation(wanted, job["nonce"], job["aud"], key(job["holder"]), "ES256")
    return holder.sd_jwt_presentation


def issued(job):
    claims = {**marked(job["claims"], job["disclosable"]), **job["registered"]}
    header = {"typ": "dc+sd-jwt", "kid": job["kid"]}
    made = SDJWTIssuer(
        claims,
        key(job["issuer"]),
        key(job["holder"]),
        sign_alg=job["alg"],
        add_decoy_claims=True,
        extra_header_parameters=header,
    )
    return made.sd_jwt_issuance


def verified(job, token):
    public = key(key(job["issuer"]).export_public(as_dict=True))
    return SDJWTVerifier(token, lambda _issuer, _header: public, job["aud"], job["nonce"]).get_verified_payload()


def attempt(action, *arguments):
    try:
        return {"value": action(*arguments)}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


def answer(job):
    theirs = issued(job)
    return {
        "issued": {"value": theirs},
        "presented": attempt(present, job, theirs),
        "presented ours": attempt(present, job, job["ours"]),
        **{name: attempt(verified, job, token) for name, token in job["verify"].items()},
    }


json.dump({name: answer(job) for name, job in json.load(sys.stdin).items()}, sys.stdout)
