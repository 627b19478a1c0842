from __future__ import annotations

import sys
import textwrap

import pytest

from banward.testing.rights import needs_root
from banward.testing.world import World, missing_parts

MISSING = missing_parts("nft") or needs_root()
pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}"),
]

BAN = """
    import asyncio, sys, time
    from banward.enforcement.factory import Backends
    from banward.records import Ban
    from banward.settings import ActionSettings

    class Facts:
        name = "web"

    async def main():
        backends = Backends()
        params = {"native": "nftables", "port": "8888"}
        action = backends.build(ActionSettings("nftables", params), Facts())
        await action.start()
        [outcome] = await action.ban([Ban("web", sys.argv[1], time.time(), 600)])
        await backends.close()
        sys.exit(outcome.error or 0)

    asyncio.run(main())
"""

SERVE = """
    import socket
    listener = socket.create_server(("10.0.0.1", 8080))
    while True:
        listener.accept()[0].sendall(b"hello")
"""

ASK = """
    import socket, sys
    for _ in range(200):
        try:
            with socket.create_connection(("10.0.0.1", int(sys.argv[1])), timeout=10) as talk:
                print(talk.recv(10).decode())
                break
        except ConnectionRefusedError:
            if len(sys.argv) > 2:
                print("refused")
                break
"""


def python(text, *words):
    return (sys.executable, "-c", textwrap.dedent(text), *words)


def test_a_port_that_a_container_publishes_is_cut_off_too():
    """The ban names the published port, which address translation changes before hook input.

    With the default hook set to ``input`` in nft_layout.py the attacker still gets through.
    """
    with World({"server": 1, "attacker": 2, "friend": 3}) as world:
        world.start("server", *python(SERVE))
        rules = "add table ip nat; add chain ip nat pre { type nat hook prerouting priority -100; }"
        world.run("server", "nft", rules, check=True)
        redirect = "add rule ip nat pre tcp dport 8888 redirect to :8080"
        world.run("server", "nft", redirect, check=True)
        before = world.run("attacker", *python(ASK, "8888")).stdout
        world.run("server", *python(BAN, world.address("attacker")), check=True)
        after = world.run("attacker", *python(ASK, "8888", "once")).stdout
        friend = world.run("friend", *python(ASK, "8888")).stdout
    assert (before, after, friend) == ("hello\n", "refused\n", "hello\n")
