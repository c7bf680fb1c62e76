"""Takes the network away from the calling process, for ever: the kernel refuses it sockets.

For libraries that would call hosts by themselves. The filter also refuses what could be used around it: other
programs, other processes' sockets, io_uring. Linux on x86-64 and arm64; elsewhere `forbid_network` says so.

See: seccomp(2), https://www.kernel.org/doc/html/latest/userspace-api/seccomp_filter.html
"""

import ctypes
import errno
import platform
import socket
import struct

_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2
_ALLOW = 0x7FFF0000
_REFUSE = 0x00050000 | errno.EPERM
_KILL = 0x80000000
_X32_BIT = 0x40000000

_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_OFFSET_NUMBER, _OFFSET_ARCHITECTURE = 0, 4

_COMMON = {"io_uring_setup": 425, "pidfd_open": 434, "pidfd_getfd": 438}
_SYSCALLS: dict[str, tuple[int, dict[str, int]]] = {
    "x86_64": (
        0xC000003E,
        {"socket": 41, "connect": 42, "bind": 49, "listen": 50, "execve": 59, "ptrace": 101, "execveat": 322} | _COMMON,
    ),
    "aarch64": (
        0xC00000B7,
        {"socket": 198, "bind": 200, "listen": 201, "connect": 203, "execve": 221, "ptrace": 117, "execveat": 281}
        | _COMMON,
    ),
}


class CannotContain(Exception):
    """This machine cannot take the network from a process."""


def forbid_network() -> None:
    """After this no socket can be made by this process or its threads to come; proven by trying.

    Raises:
        CannotContain: another operating system or processor, or the kernel refused, or a socket could still be made.
    """
    known = _SYSCALLS.get(platform.machine())
    if platform.system() != "Linux" or known is None:
        raise CannotContain(f"no containment on {platform.system()} {platform.machine()}")
    _install(_program(*known))
    for family in (socket.AF_INET, socket.AF_INET6):
        _prove_refused(family)


def _program(architecture: int, refused: dict[str, int]) -> bytes:
    """Classic BPF: another architecture is killed, x32 and the listed calls are refused, all else is allowed."""
    numbers = sorted(refused.values())
    tests = [(_AT_LEAST, _X32_BIT), *((_EQUAL, number) for number in numbers)]
    lines = [
        _line(_LOAD, 0, 0, _OFFSET_ARCHITECTURE),
        _line(_EQUAL, 1, 0, architecture),
        _line(_RETURN, 0, 0, _KILL),
        _line(_LOAD, 0, 0, _OFFSET_NUMBER),
        *(_line(code, len(tests) - index, 0, value) for index, (code, value) in enumerate(tests)),
        _line(_RETURN, 0, 0, _ALLOW),
        _line(_RETURN, 0, 0, _REFUSE),
    ]
    return b"".join(lines)


def _line(code: int, if_true: int, if_false: int, value: int) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("lines", ctypes.c_char_p))


def _install(lines: bytes) -> None:
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    program = _Program(len(lines) // 8, lines)
    if prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise CannotContain("the kernel gives no promise of no new privileges")
    if prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) != 0:
        raise CannotContain(f"the kernel took no filter ({errno.errorcode.get(ctypes.get_errno(), 'unknown')})")


def _prove_refused(family: int) -> None:
    try:
        socket.socket(family, socket.SOCK_STREAM).close()
    except PermissionError:
        return
    except OSError as error:
        raise CannotContain("the refusal of sockets cannot be proven") from error
    raise CannotContain("a socket could still be made")
