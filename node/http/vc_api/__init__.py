"""The W3C's VC-API (VCALM 1.0), as issuers' and verifiers' systems and independent test suites call it.

    GET  /vc-api                                     the issuer instances
    POST /vc-api[/{instance}]/credentials/issue      201 and the credential
    POST /vc-api/credentials/verify                  200 verified, 400 not verified or could not tell
    POST /vc-api/presentations/verify                likewise
    POST /vc-api/challenges                          200 and a challenge, good once
    POST /vc-api/credentials/derive                  201 and what is to be shown of it
    POST /vc-api/credentials/status                  200

Each asks for a bearer token, unless `vc_api.open` is set, for test suites.

Spec: https://www.w3.org/TR/vcalm/
"""
