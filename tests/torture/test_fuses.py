"""What a log can never get banned, tried on a real host: its own life lines, and whole countries."""

from __future__ import annotations

import subprocess
import sys

import pytest

from banward.testing.sshd import start_sshd
from banward.testing.world import World, missing_parts
from system.conftest import Scene
from system.jails import JAIL as GUARDED
from torture.fort import Fort

NETWORK = """\
ip link add wire type veth peer name other
ip link set other up
ip address add 10.9.0.2/24 dev wire
ip address add 2001:db8:9::2/64 dev wire nodad
ip link set wire up
ip route add default via 10.9.0.1
ip route add default via 2001:db8:9::1 dev wire
printf 'nameserver 10.9.0.53\\n' > $FOLDER/resolv.conf
mount --bind $FOLDER/resolv.conf /etc/resolv.conf
"""

PROTECTED = {
    "127.0.0.1": "lies within 127.0.0.0/8, an address of this host",
    "127.8.8.8": "lies within 127.0.0.0/8, an address of this host",
    "::1": "is an address of this host",
    "10.9.0.2": "is an address of this host",
    "2001:db8:9::2": "is an address of this host",
    "10.9.0.1": "is the gateway",
    "2001:db8:9::1": "is the gateway",
    "10.9.0.53": "is a name server in use",
    "192.0.2.80": "lies within 192.0.2.64/26, never_ban",
}
BROAD = {
    "198.18.0.0/15": "198.18.0.0/15 is broader than /16",
    "2001:db8::/31": "2001:db8::/31 is broader than /32",
}


@pytest.fixture
def host(fort):
    """A host with addresses, gateways, a name server and a proxy."""
    fort.run("sh", "-ec", f"FOLDER={fort.folder}\n{NETWORK}")
    fort.write("etc/banward.conf", "[Definition]\nnever_ban = 192.0.2.64/26\n")
    fort.start()
    return fort


def test_a_log_bans_nothing_that_the_host_lives_by(host):
    """Each is refused with its reason in the log, though ``ignoreself`` is off; others are banned.

    Fails without ``fuses.unfit`` in ``Deciding.admit``; without a line of ``Protection.own_addresses`` what
    that line protects is banned.
    """
    host.fail(*[*PROTECTED, "198.18.0.1"] * 3)
    host.wait_until_equal({"198.18.0.1"})

    for subject, reason in PROTECTED.items():
        host.wait_for_log(f"[gate] Refuse to ban {subject}: {subject} {reason}")


def test_an_order_is_done_with_a_warning(host):
    """The operator may ban what a log may not, and is warned.

    Fails with ``return True`` in ``Deciding._is_refused``.
    """
    assert host.ask("set", "gate", "banip", *PROTECTED) == (0, len(PROTECTED))

    host.wait_until_equal(PROTECTED)
    for subject, reason in PROTECTED.items():
        assert f"Warning about the order to ban {subject}: {subject} {reason}" in host.log_text()


@pytest.mark.parametrize("network", BROAD)
def test_a_network_that_is_too_broad_needs_force(host, network):
    """Not even an order bans it, unless it says ``--force``.

    Fails without ``refusal.reason is not Reason.TOO_BROAD`` in ``Deciding._is_refused``.
    """
    host.client("set", "gate", "banip", network)
    assert host.banned() == set()
    assert f"[gate] Refuse to ban {network}: {BROAD[network]}" in host.log_text()

    done = host.client("set", "gate", "banip", "--force", network)
    assert (done.stdout, done.returncode) == ("1\n", 0)
    assert host.banned() == {network}


def test_more_bans_a_minute_than_allowed_are_held_and_told():
    """``max_ban_rate`` lets the first through; the others are held back, which the log says.

    Fails without ``fuses.count`` in ``Deciding.admit``.
    """
    with Fort() as fort:
        fort.write("etc/banward.conf", "[Definition]\nmax_ban_rate = 5\n")
        fort.start()
        many = [f"198.18.0.{n}" for n in range(1, 21)]
        fort.fail(*many * 3)
        fort.wait_for_log("[gate] Hold back the ban of 198.18.0.20: 5 bans")
        fort.wait_until_equal(many[:5])


@pytest.fixture
def world(tmp_path):
    """A server with sshd, an administrator elsewhere, and an attacker."""
    missing = missing_parts("/usr/sbin/sshd", "ssh", "ssh-keygen", "ss")
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")
    tmp_path.chmod(0o755)
    with World({"server": 1, "admin": 2, "attacker": 3}) as made:
        key = tmp_path / "key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
        more = f"AuthorizedKeysFile {key}.pub\nStrictModes no\n"
        start_sshd(made, "server", tmp_path, log=tmp_path / "auth.log", more=more)
        yield made


def log_in(world, folder, version=4):
    """A live session of root, from the administrator's host."""
    session = world.start(
        "admin",
        *("ssh", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"),
        *("-i", str(folder / "key"), f"root@{world.address('server', version)}"),
        "echo in; exec cat",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert session.stdout.readline() == b"in\n"
    return session


PEERS = "from banward.warden.logins import admin_peers; print(*admin_peers())"


@pytest.mark.parametrize("version", [4, 6])
def test_the_peer_of_a_live_session_of_root_is_known(world, tmp_path, version):
    """Where root is logged in over ssh is known while the session lives, and not longer.

    There is no utmp and no logind here: it is read from sshd's own processes. Fails without
    ``_by_sshd`` in ``logins.admin_peers``.
    """

    def peers():
        return set(world.run("server", sys.executable, "-c", PEERS).stdout.split())

    assert world.address("admin", version) not in peers()
    session = log_in(world, tmp_path, version)
    assert world.address("admin", version) in peers()

    session.stdin.close()
    session.wait(10)
    assert world.address("admin", version) not in peers()


def test_who_has_a_live_session_of_root_can_lock_himself_out_only_once_it_is_over(world, tmp_path):
    """An administrator who mistypes a password beside his session is refused, with the reason.

    An attacker who does the same is banned at once, and the administrator's host too when nobody
    is logged in from there any more. Fails without ``logins.admin_peers()`` in ``Protection.ready_fuses``.
    """
    scene = Scene(world, tmp_path)
    scene.configure("jail.local", GUARDED)
    scene.start()
    session = log_in(world, tmp_path)
    scene.fail(3, host="admin")
    scene.fail(3, host="attacker")
    scene.wait_for_log("[sshd] Ban 10.0.0.3")
    assert "[sshd] Refuse to ban 10.0.0.2: 10.0.0.2 is the session of an administrator" in (
        scene.log_text()
    )
    assert "[sshd] Ban 10.0.0.2" not in scene.log_text()

    def elements():
        return scene.firewall("nft", "list", "set", "inet", "f2b-table", "addr-set-sshd")

    scene.wait_for(lambda: "10.0.0.3" in elements())
    assert "10.0.0.2" not in elements()

    session.stdin.close()
    session.wait(10)

    def banned_in_the_end():
        scene.fail(1, host="admin")
        return "[sshd] Ban 10.0.0.2" in scene.log_text()

    scene.wait_for(banned_in_the_end, patience=30)
    assert scene.end() == 0
