"""A worker process that does what real ones should not: for tests of the pool. Run as a script."""

import os
import socket
import sys
import time

from node.adapters.seccomp import forbid_network
from node.adapters.worker_main import serve
from protocols.errors import MalformedCredential
from protocols.jose.encoding import JsonObject


def echo(job: JsonObject) -> JsonObject:
    print("a library that prints")
    return {"pid": os.getpid(), **job}


def hang(job: JsonObject) -> JsonObject:
    while True:
        pass


def sleep(job: JsonObject) -> JsonObject:
    time.sleep(job["seconds"])
    return job


def die(job: JsonObject) -> JsonObject:
    os._exit(3)


def babble(job: JsonObject) -> JsonObject:
    for descriptor in range(3, 16):
        try:
            os.write(descriptor, b"\xff\xff\xff\xff nonsense")
        except OSError:
            continue
    return {}


def refuse(job: JsonObject) -> JsonObject:
    raise MalformedCredential("not a credential")


def crash(job: JsonObject) -> JsonObject:
    raise ValueError("with the learner's name in it")


def environment(job: JsonObject) -> JsonObject:
    return dict(os.environ)


def grow(job: JsonObject) -> JsonObject:
    return {"bytes": len(bytearray(4 * 1024**3))}


def connect(job: JsonObject) -> JsonObject:
    outcomes: JsonObject = {}
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family, socket.SOCK_STREAM) as client:
                client.connect((address, job["port"]))
            outcomes[address] = "reached"
        except OSError as error:
            outcomes[address] = type(error).__name__
    return outcomes


def unwilling() -> None:
    raise RuntimeError("not on this machine")


HANDLERS = {
    "echo": echo,
    "hang": hang,
    "sleep": sleep,
    "die": die,
    "babble": babble,
    "refuse": refuse,
    "crash": crash,
    "environment": environment,
    "grow": grow,
    "connect": connect,
}

if __name__ == "__main__":
    serve(HANDLERS, open_jobs={"contained": forbid_network, "unwilling": unwilling}.get(sys.argv[1]))
