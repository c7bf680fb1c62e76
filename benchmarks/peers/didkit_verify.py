"""Runs beside PyPI `didkit`: verifies badge after badge, as often as it can.

It shares nothing with this project but the JSON of the job: {credentials: [texts]}.
"""

import asyncio
import json
import os
import sys
from time import perf_counter

import didkit


async def rate(credentials, seconds):
    begun, count = perf_counter(), 0
    while (passed := perf_counter() - begun) < seconds:
        answer = json.loads(await didkit.verify_credential(credentials[count % len(credentials)], "{}"))
        if answer["errors"]:
            raise ValueError(answer["errors"])
        count += 1
    return count / passed


def main():
    credentials = json.loads(sys.stdin.readline())["credentials"]
    for line in sys.stdin:
        try:
            answer = asyncio.run(rate(credentials, float(line)))
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)
    os._exit(0)  # the library does not survive the interpreter's own way out


main()
