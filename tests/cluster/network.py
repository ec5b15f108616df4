"""A network of one machine that can be cut off, as by pulling its cable from the switch.

Needs root and Linux: it makes a network namespace, and a bridge that has the address of everything
else on this machine.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from secrets import token_hex


@dataclass(frozen=True, slots=True)
class Network:
    """`here` is the address of this machine, `there` that of the namespace."""

    namespace: str
    port: str
    here: str
    there: str

    def inside(self, command: list[str]) -> list[str]:
        """Return the command line that runs a command in the namespace."""
        return ["ip", "netns", "exec", self.namespace, *command]

    def cut(self) -> None:
        """Pull the cable: packets vanish, and nobody is notified."""
        _ip("link", "set", self.port, "down")

    def heal(self) -> None:
        """Plug it in again."""
        _ip("link", "set", self.port, "up")


@contextmanager
def separate_network() -> Iterator[Network]:
    """Make a namespace with a network of its own, and remove both at the end."""
    token = token_hex(3)
    name = f"vouch{token}"
    subnet = f"10.213.{int(token[:2], 16)}"
    bridge, port, peer = f"{name}b", f"{name}p", f"{name}e"
    network = Network(name, port, f"{subnet}.1", f"{subnet}.2")
    try:
        _ip("netns", "add", name)
        _ip("link", "add", bridge, "type", "bridge")
        _ip("addr", "add", f"{network.here}/24", "dev", bridge)
        _ip("link", "set", bridge, "up")
        _ip("link", "add", port, "type", "veth", "peer", "name", peer)
        _ip("link", "set", peer, "netns", name)
        _ip("link", "set", port, "master", bridge)
        _ip("link", "set", port, "up")
        inside = ("netns", "exec", name, "ip")
        _ip(*inside, "addr", "add", f"{network.there}/24", "dev", peer)
        _ip(*inside, "link", "set", peer, "up")
        _ip(*inside, "link", "set", "lo", "up")
        yield network
    finally:
        for command in (("link", "del", port), ("link", "del", bridge), ("netns", "del", name)):
            subprocess.run(["ip", *command], check=False, capture_output=True)


def possible() -> bool:
    """Return whether this machine lets us make such a network."""
    try:
        with separate_network():
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)
