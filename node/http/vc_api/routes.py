"""The endpoints; see the package's own words."""

from collections.abc import Awaitable, Callable
from functools import wraps

from aiohttp import web

from node.errors import BadInput
from node.http.problem import WrongMediaType
from node.http.vc_api.forms import (
    VERIFYING,
    answer,
    bad_request,
    checks_of,
    domain_of,
    flag,
    issue_options,
    options_of,
    pointers_of,
    read_body,
    read_nothing,
    text,
)
from node.keys import SERVICES
from node.services.tokens import Role
from node.services.vc_api_issuer import Instance
from protocols.credentials.shape import as_object, as_text
from protocols.errors import ProtocolError, TooLarge
from protocols.jose.encoding import JsonObject
from protocols.verification.report import VerificationReport
from protocols.verification.vcalm import Check, result_of
from protocols.verification.vcalm_results import credential_results, presentation_results

routes = web.RouteTableDef()

Endpoint = Callable[[web.Request], Awaitable[web.Response]]


def answering_400(endpoint: Endpoint) -> Endpoint:
    """Every fault of the caller's as 400; what is too large or of another media type stays what it is."""

    @wraps(endpoint)
    async def answering(request: web.Request) -> web.Response:
        try:
            return await endpoint(request)
        except (WrongMediaType, TooLarge):
            raise
        except (BadInput, ProtocolError) as error:
            return bad_request(error)

    return answering


@routes.get("/vc-api")
async def instances(request: web.Request) -> web.Response:
    """Every issuer instance: the last part of its path, whose credentials it signs, and how."""
    found = request.app[SERVICES].vc_api_issuer.instances()
    return answer([_instance(each) for each in found], 200)


@routes.post("/vc-api/credentials/issue")
@routes.post("/vc-api/{instance}/credentials/issue")
@answering_400
async def issue(request: web.Request) -> web.Response:
    """Signs a credential; one that has proofs gets a further one."""
    body = await read_body(request, Role.ISSUER, Role.OPERATOR)
    credential = _object(body, "credential")
    name = request.match_info.get("instance")
    made = await request.app[SERVICES].vc_api_issuer.issue(name, credential, issue_options(body))
    return answer(made, 201)


@routes.post("/vc-api/credentials/derive")
@answering_400
async def derive(request: web.Request) -> web.Response:
    """What a holder shows of a credential whose issuer signed it statement by statement."""
    body = await read_body(request, *Role)
    options = options_of(body, frozenset({"selectivePointers"}))
    pointers = pointers_of(options.get("selectivePointers", []), "selectivePointers")
    credential = _object(body, "verifiableCredential")
    return answer(await request.app[SERVICES].vc_api_issuer.derive(credential, pointers), 201)


@routes.post("/vc-api/credentials/status")
@answering_400
async def set_status(request: web.Request) -> web.Response:
    """Sets or clears one status of a credential; the list that says so is served within seconds."""
    body = await read_body(request, Role.ISSUER, Role.OPERATOR)
    credential_id, entry, value = text(body, "credentialId"), _object(body, "credentialStatus"), body.get("status")
    purpose = text(entry, "statusPurpose")
    if credential_id is None or purpose is None:
        raise BadInput("not a status", expected="credentialId, and credentialStatus with its statusPurpose")
    if not isinstance(value, bool):
        raise BadInput("status is not a truth value", found=str(value)[:20], expected="true or false")
    await request.app[SERVICES].vc_api_issuer.set_status(credential_id, purpose, value)
    return answer({}, 200)


@routes.post("/vc-api/challenges")
@answering_400
async def create_challenge(request: web.Request) -> web.Response:
    """A challenge for a presentation to repeat: good for one verification, and for ten minutes."""
    await read_nothing(request, Role.VERIFIER, Role.OPERATOR)
    made = answer({"challenge": request.app[SERVICES].vc_api_verifier.challenges.create()}, 200)
    made.headers["Cache-Control"] = "no-store"
    return made


@routes.post("/vc-api/credentials/verify")
@answering_400
async def verify_credential(request: web.Request) -> web.Response:
    """Whether a credential verifies: its form, contexts, proofs; and its dates and status as far as `checks` asks."""
    body = await read_body(request, Role.VERIFIER, Role.OPERATOR)
    options = options_of(body, VERIFYING)
    checks, wanted = checks_of(options), _wanted(options)
    credential = _object(body, "verifiableCredential")
    report = await request.app[SERVICES].vc_api_verifier.credential(
        credential, challenge=text(options, "challenge"), domain=domain_of(options)
    )
    returned: JsonObject = {"credential": credential} if wanted["returnCredential"] else {}
    if wanted["returnResults"]:
        returned["results"] = credential_results(report, credential)
    return _verified(report, checks, returned, with_problems=wanted["returnProblemDetails"])


@routes.post("/vc-api/presentations/verify")
@answering_400
async def verify_presentation(request: web.Request) -> web.Response:
    """Whether a presentation verifies, with everything in it, and repeats `challenge` and `domain` where given."""
    body = await read_body(request, Role.VERIFIER, Role.OPERATOR)
    options = options_of(body, VERIFYING)
    checks, wanted = checks_of(options), _wanted(options)
    presentation = _object(body, "verifiablePresentation")
    challenge, domain = text(options, "challenge"), domain_of(options)
    report = await request.app[SERVICES].vc_api_verifier.presentation(presentation, challenge=challenge, domain=domain)
    returned: JsonObject = {"verifiablePresentation": presentation} if wanted["returnPresentation"] else {}
    if wanted["returnResults"]:
        returned["results"] = presentation_results(
            report,
            presentation,
            checks,
            challenge=challenge,
            domain=domain,
            returns_credentials=wanted["returnCredential"],
        )
    return _verified(report, checks, returned, with_problems=wanted["returnProblemDetails"])


def _wanted(options: JsonObject) -> dict[str, bool]:
    """What a caller wants to have in the answer; the problems unless they say no."""
    names = ("returnCredential", "returnPresentation", "returnResults")
    wanted = {name: flag(options, name) for name in names}
    return {**wanted, "returnProblemDetails": flag(options, "returnProblemDetails", default=True)}


def _verified(
    report: VerificationReport, checks: frozenset[Check], returned: JsonObject, *, with_problems: bool
) -> web.Response:
    """200 for verified and nothing else; the report tells all three answers, with every reason."""
    result = result_of(report, checks)
    errors, warnings = list(result.errors), list(result.warnings)
    problems: JsonObject = {"errors": errors, "warnings": warnings, "problemDetails": [*errors, *warnings]}
    body: JsonObject = {
        "verified": result.verified,
        **(problems if with_problems else {}),
        "report": report.to_json(),
        **returned,
    }
    return answer(body, 200 if result.verified else 400)


def _object(body: JsonObject, name: str) -> JsonObject:
    found = as_object(body.get(name))
    if found is None:
        shown = "nothing" if name not in body else as_text(body[name]) or type(body[name]).__name__
        raise BadInput(f"{name} is not an object", found=shown[:80], expected="a JSON object")
    return found


def _instance(instance: Instance) -> JsonObject:
    return {
        "name": instance.name,
        "did": instance.did,
        "suite": instance.suite,
        "keyType": instance.key_type,
        "vc": list(instance.vc),
        "status": instance.has_status,
    }
