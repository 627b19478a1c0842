"""``install.sh`` on a host that systemd runs, from the first boot to the last: all is real."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest

from system.booting import BootingHost, reason_to_skip

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(bool(reason_to_skip()), reason=reason_to_skip())

SECONDS = 30

# A cable to a neighbour, from where passwords are guessed.
NEIGHBOUR = """
ip netns add neighbour
ip link add cable type veth peer name eth0 netns neighbour
ip address add 10.9.9.1/24 dev cable
ip link set cable up
ip -n neighbour address add 10.9.9.2/24 dev eth0
ip -n neighbour link set eth0 up
"""
GUESS = (
    "ip netns exec neighbour sshpass -p guess ssh -o StrictHostKeyChecking=no"
    " -o UserKnownHostsFile=/dev/null -o NumberOfPasswordPrompts=1 -o ConnectTimeout=3"
    " -o PreferredAuthentications=password root@10.9.9.1 true"
)


@pytest.fixture(scope="module")
def host(wheels: Path) -> Iterator[BootingHost]:
    """A host with a fresh system: no fail2ban, no rsyslog, sshd logs to the journal alone."""
    made = BootingHost()
    try:
        made.boot(wheels)
        done = made.run(f"""
            rm -rf /etc/fail2ban /var/lib/fail2ban /var/log/fail2ban.log /var/log/auth.log
            systemctl disable --now rsyslog 2>/dev/null || true
            systemctl start ssh
            ./install.sh --wheels {wheels}
            """)
        assert done.returncode == 0, done.stdout + done.stderr
        yield made
    finally:
        made.remove()


def wait_for(host: BootingHost, script: str) -> None:
    """Wait until a shell command succeeds."""
    end = time.monotonic() + SECONDS
    while (done := host.run(script)).returncode:
        assert time.monotonic() < end, host.run("cat /var/log/fail2ban.log").stdout + done.stderr
        time.sleep(0.1)


def test_from_the_installation_over_a_reboot_to_the_removal(
    host: BootingHost, wheels: Path
) -> None:
    """One command protects a host whose sshd logs only to the journal, and each boot does so again."""
    asked = "systemctl is-active banward fail2ban; systemctl is-enabled banward"
    assert host.run(asked).stdout.split() == ["active", "active", "enabled"]
    assert_shut_in(host)

    host.run(NEIGHBOUR + f"({GUESS}) & " * 6 + "wait")
    wait_for(host, "fail2ban-client banned | grep -F 10.9.9.2")
    wait_for(host, "nft list ruleset | grep -F 10.9.9.2")
    assert "Connection refused" in host.run(GUESS).stderr

    host.halt()
    host.boot(wheels)
    assert host.run("systemctl is-active banward").stdout == "active\n"
    wait_for(host, "nft list ruleset | grep -F 10.9.9.2")

    host.run("systemctl reload banward; systemctl restart banward")
    wait_for(host, "fail2ban-client banned | grep -F 10.9.9.2")

    done = host.run("./install.sh --uninstall; systemctl is-active banward; nft list ruleset")
    assert "Banward is removed." in done.stdout, done.stdout + done.stderr
    assert "f2b" not in done.stdout
    left = host.run("ls /etc/systemd/system/*.service /usr/local/lib /usr/local/bin /etc").stdout
    assert "banward" not in left
    assert "fail2ban" not in left


def assert_shut_in(host: BootingHost) -> None:
    """Systemd's own score is below 3.0, and the watcher can still give up what it has."""
    shown = host.run("systemd-analyze security --no-pager banward.service").stdout
    score = re.search(r"exposure level for banward.service: ([\d.]+)", shown)
    assert score, shown
    assert float(score[1]) < 3.0
    said = host.run("grep 'The watcher, process' /var/log/fail2ban.log | tail -n 1").stdout
    assert "has Landlock" in said
    assert "has another user (banward)" in said
    assert "has fewer system calls (seccomp)" in said
