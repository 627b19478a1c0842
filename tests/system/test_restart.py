"""What a restart keeps: bans, failures, positions; and what a stop lifts."""

from __future__ import annotations

import signal

from banward.testing.sshd import PASSWORD
from system.jails import JAIL


def nft(scene):
    """The kernel's table of bans."""
    return scene.firewall("nft", "list", "table", "inet", "f2b-table")


def test_sigterm_leaves_native_bans_and_the_next_start_takes_them_over(scene):
    """Between the processes the ban is in force; afterwards it is known and can be lifted."""
    scene.configure("jail.local", JAIL)
    scene.start()
    scene.client("set", "sshd", "banip", "10.0.0.2")
    assert scene.end(signal.SIGTERM) == 0
    assert "10.0.0.2" in nft(scene)
    assert not scene.login("attacker", PASSWORD, patience=2)

    scene.start()
    assert "10.0.0.2" in scene.client("status", "sshd")
    assert "10.0.0.2" in nft(scene)
    scene.client("set", "sshd", "unbanip", "10.0.0.2")
    assert scene.login("attacker", PASSWORD)


def test_kill_9_loses_nothing(scene):
    """After ``kill -9`` bans are in force, and failures before it are counted once."""
    scene.configure("jail.local", JAIL)
    scene.start()
    scene.client("set", "sshd", "banip", "10.0.0.3")
    scene.fail(2)
    scene.wait_for(lambda: "Total failed:\t2" in scene.client("status", "sshd"))
    scene.end(signal.SIGKILL)
    assert "10.0.0.3" in nft(scene)

    scene.start()
    assert "10.0.0.3" in scene.client("status", "sshd")
    assert "Currently failed:\t1" in scene.client("status", "sshd")
    scene.fail(1)
    scene.wait_for_log("[sshd] Ban 10.0.0.2")


def test_stop_lifts_every_ban(scene):
    """``fail2ban-client stop`` lets everybody in again, and the next start bans them again."""
    scene.configure("jail.local", JAIL)
    scene.start()
    scene.client("set", "sshd", "banip", "10.0.0.2")
    assert scene.client("stop") == "Shutdown successful\n"
    assert "10.0.0.2" not in nft(scene)
    assert scene.login("attacker", PASSWORD)

    scene.start()
    scene.wait_for(lambda: "10.0.0.2" in nft(scene))


def test_rotation_loses_nothing(scene):
    """Failures before, between and after rotations of every form count together."""
    scene.configure("jail.local", JAIL.replace("maxretry = 3", "maxretry = 4"))
    scene.start()
    line = "Failed password for root from 198.51.100.7 port {} ssh2\n"

    def write(number: int) -> None:
        with scene.auth_log.open("a") as log:
            log.write(line.format(number))

    write(1)
    scene.auth_log.rename(scene.folder / "auth.log.1")
    write(2)
    scene.wait_for(lambda: "Total failed:\t2" in scene.client("status", "sshd"))
    scene.auth_log.write_text("")
    write(3)
    scene.wait_for(lambda: "Total failed:\t3" in scene.client("status", "sshd"))
    scene.auth_log.unlink()
    write(4)
    scene.wait_for_log("[sshd] Ban 198.51.100.7")
