"""The other means: nftables, TCP wrappers; IPv6; and whom the ignore list spares."""

from __future__ import annotations

import subprocess
import sys

import pytest

from banward.testing.sshd import PASSWORD
from system.jails import JAIL

# Opens a connection to sshd, waits for a word, and says whether the server still answers.
TALK = """
import socket, sys
talk = socket.create_connection(("{address}", 22), timeout=3)
talk.recv(100)
print("open", flush=True)
sys.stdin.readline()
try:
    talk.sendall(b"SSH-2.0-x\\r\\n")
    print("answered" if talk.recv(100) else "cut", flush=True)
except OSError:
    print("cut", flush=True)
"""


@pytest.mark.parametrize(("version", "address"), [(4, "10.0.0.2"), (6, "fd00::2")])
def test_nftables_bans_both_families(scene, version, address):
    """The address is in the kernel's set, the attacker shut out, the friend served."""
    scene.configure("jail.local", JAIL)
    scene.start()
    scene.fail(3, version=version)
    scene.wait_for_log(f"[sshd] Ban {address}")

    scene.wait_for(lambda: address in scene.firewall("nft", "list", "table", "inet", "f2b-table"))
    assert not scene.login("attacker", PASSWORD, version=version, patience=2)
    assert scene.login("friend", PASSWORD, version=version)


def test_an_open_connection_is_cut(scene):
    """A ban bites connections that are open already."""
    scene.configure("jail.local", JAIL)
    scene.start()
    talk = scene.world.start(
        "attacker",
        sys.executable,
        "-c",
        TALK.format(address=scene.world.address("server")),
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
    )
    assert talk.stdout.readline().startswith("open")
    scene.client("set", "sshd", "banip", "10.0.0.2")

    talk.stdin.write("go on\n")
    talk.stdin.flush()
    assert talk.stdout.readline() == "cut\n"


def test_tcp_wrappers(scene):
    """``hostsdeny`` writes the address into its file, and takes out just that line again."""
    deny = scene.folder / "hosts.deny"
    deny.write_text("# kept\nALL: 10.0.0.22\n")
    scene.configure("jail.local", JAIL + f"action = hostsdeny[file={deny}]\n")
    scene.start()
    scene.client("set", "sshd", "banip", "10.0.0.2", "2001:db8::1")
    assert sorted(deny.read_text().splitlines()) == sorted(
        ["# kept", "ALL: 10.0.0.22", "ALL: 10.0.0.2", "ALL: [2001:db8::1]"]
    )

    scene.client("set", "sshd", "unbanip", "10.0.0.2", "2001:db8::1")
    assert deny.read_text() == "# kept\nALL: 10.0.0.22\n"


# The name stands in the hosts file that the server sees.
HOSTS = (
    "printf '10.0.0.2 visitor.example\\n' > {folder}/hosts; mount --bind {folder}/hosts /etc/hosts"
)


@pytest.mark.parametrize(
    ("entry", "source"),
    [("10.0.0.2", "ip"), ("10.0.0.0/30", "ip"), ("visitor.example", "dns")],
)
def test_the_ignored_are_never_banned(scene, entry, source):
    """An address, network or name on the ignore list may fail as often as it likes."""
    scene.configure("jail.local", JAIL.replace("maxretry = 3", f"maxretry = 3\nignoreip = {entry}"))
    scene.start(HOSTS.format(folder=scene.folder))
    scene.fail(4)

    scene.wait_for_log(f"[sshd] Ignore 10.0.0.2 by {source}")
    assert "Currently banned:\t0" in scene.client("status", "sshd")
    assert scene.login("attacker", PASSWORD)


def test_a_permanent_ban(scene):
    """``bantime = -1`` bans without an end."""
    scene.configure("jail.local", JAIL.replace("bantime = 600", "bantime = -1"))
    scene.start()
    scene.fail(3)

    scene.wait_for(lambda: "10.0.0.2" in scene.client("get", "sshd", "banip", "--with-time"))
    assert "9999-12-31 23:59:59" in scene.client("get", "sshd", "banip", "--with-time")
    listing = scene.firewall("nft", "list", "set", "inet", "f2b-table", "addr-set-sshd")
    assert "timeout" not in listing.partition("elements")[2]


def test_a_second_jail_over_the_same_log(scene):
    """Two jails that read one log each find every failure."""
    second = "[again]\nenabled = true\nfilter = sshd\nbackend = auto\nlogpath = {log}\n"
    scene.configure("jail.local", JAIL + second)
    scene.start()
    scene.fail(3)

    scene.wait_for_log("[sshd] Ban 10.0.0.2", "[again] Ban 10.0.0.2")
