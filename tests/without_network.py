"""Runs a command in a network namespace that has a loopback interface and no route: `python -m tests.without_network CMD`.

Prefect's ephemeral server listens on the loopback address, so that has to be up; nothing else can be reached.
"""

import fcntl
import os
import socket
import struct
import subprocess
import sys

_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 0x1


def unshare(command: list[str]) -> list[str]:
    """The command line that runs `command` without network; as root, or in a user namespace of its own."""
    flags = ["-n"] if os.geteuid() == 0 else ["-r", "-n"]
    return ["unshare", *flags, sys.executable, "-m", "tests.without_network", "--inside", *command]


def possible() -> bool:
    """Whether this machine lets us make such a namespace."""
    try:
        return subprocess.run(unshare(["true"]), capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        request = struct.pack("16sh", b"lo", 0)
        (flags,) = struct.unpack("16xh", fcntl.ioctl(handle, _SIOCGIFFLAGS, request)[:18])
        fcntl.ioctl(handle, _SIOCSIFFLAGS, struct.pack("16sh", b"lo", flags | _IFF_UP))


def main(arguments: list[str]) -> None:
    """Enter the namespace, or, inside it, become the command."""
    if arguments[:1] == ["--inside"]:
        _loopback_up()
        os.execvp(arguments[1], arguments[1:])
    command = unshare(arguments)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
