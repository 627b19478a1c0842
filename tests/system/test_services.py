"""Debian's vsftpd, ProFTPD, Apache, nginx, Postfix and Dovecot, with the jails that they have had for long."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from banward.testing.sshd import PASSWORD, start_sshd
from banward.testing.world import World, missing_parts
from system.conftest import Scene
from system.services import COMMANDS, PORTS, start_services

CLIENT = Path(__file__).with_name("client_of_services.py")
HOSTS = {"server": 1, "attacker": 2, "friend": 3, "robot": 4, "walled": 5}

JAILS = """\
[DEFAULT]
bantime = 600
findtime = 600
maxretry = 3
backend = auto
[vsftpd]
enabled = true
logpath = {folder}/logs/vsftpd.log
[vsftpd-wrappers]
enabled = true
filter = vsftpd
logpath = {folder}/logs/wrapped.log
action = hostsdeny[file={folder}/hosts.deny, daemon_list=vsftpd]
[proftpd]
enabled = true
port = 2121
logpath = {folder}/logs/proftpd/proftpd.log
[apache]
enabled = true
filter = apache-auth
port = http
logpath = {folder}/logs/apache2/error.log
[apache-badbots]
enabled = true
port = http
logpath = {folder}/logs/apache2/access.log
maxretry = 1
[nginx-http-auth]
enabled = true
port = 8080
logpath = {folder}/logs/nginx/error.log
# By itself it shuts the ports of IMAP too, before Dovecot has told of its third guess.
[postfix-sasl]
enabled = true
port = smtp
backend = auto
logpath = {folder}/logs/mail.log
[dovecot]
enabled = true
logpath = {folder}/logs/dovecot.log
[ssh-shorewall]
enabled = true
filter = sshd
logpath = {log}
action = shorewall
"""

# Whom each jail bans for what was done to which service.
GUESSED = {
    "vsftpd": "vsftpd",
    "vsftpd-wrappers": "wrapped",
    "proftpd": "proftpd",
    "apache": "apache",
    "nginx-http-auth": "nginx",
    "postfix-sasl": "postfix",
    "dovecot": "dovecot",
}
IN_THE_KERNEL = sorted({*GUESSED, "apache-badbots"} - {"vsftpd-wrappers"})

# Shorewall runs on the server, as Banward sees it; it lets all in but whom its dynamic blacklist has.
SHOREWALL = """
mount --make-rprivate /
mount -t tmpfs none /var/lib/shorewall
mount -t tmpfs none /run
mkdir {folder}/wall
sed -e 's/^STARTUP_ENABLED=.*/STARTUP_ENABLED=Yes/' -e 's/^IP_FORWARDING=.*/IP_FORWARDING=Keep/' \
    /etc/shorewall/shorewall.conf > {folder}/wall/shorewall.conf
printf 'fw firewall\\nnet ipv4\\n' > {folder}/wall/zones
printf '?FORMAT 2\\nnet eth0\\n' > {folder}/wall/interfaces
printf 'fw all ACCEPT\\nnet fw ACCEPT\\nall all REJECT\\n' > {folder}/wall/policy
mount --bind {folder}/wall /etc/shorewall
shorewall start > {folder}/shorewall.out 2>&1
"""

pytestmark = pytest.mark.skipif(
    bool(missing_parts(*COMMANDS)), reason=f"needs {', '.join(missing_parts(*COMMANDS))}"
)


def client(scene, host, word, service, *more):
    """What a client on a host says."""
    argv = (sys.executable, str(CLIENT), word, str(PORTS[service]))
    done = scene.world.run(host, *argv, scene.world.address("server"), *more)
    assert done.returncode == 0, done.stderr
    return done.stdout


def everything(scene, host, word, *more):
    """What clients of all services say, all at once."""
    with ThreadPoolExecutor(len(PORTS)) as pool:
        said = pool.map(lambda service: client(scene, host, word, service, *more), PORTS)
    return dict(zip(PORTS, said, strict=True))


@pytest.fixture
def host(tmp_path):
    """A server with all services, and Banward; and its clients."""
    tmp_path.chmod(0o755)
    with World(HOSTS) as world:
        scene = Scene(world, tmp_path)
        scene.auth_log.touch()
        start_sshd(world, "server", tmp_path, log=scene.auth_log)
        services = start_services(world, "server", tmp_path)
        scene.configure("jail.local", JAILS)
        scene.start(SHOREWALL.replace("{folder}", str(tmp_path)))
        yield scene
        services.kill()


def test_wrong_passwords_shut_out(host):
    """Who guesses passwords, or comes as a robot, is banned by the service's jail and shut out; a friend is served."""
    assert set(everything(host, "friend", "reach").values()) == {"served"}
    everything(host, "attacker", "guess", "wrong")
    assert client(host, "robot", "robot", "apache") == "401"
    host.fail(3, host="walled")

    banned = [f"[{jail}] Ban 10.0.0.2" for jail in GUESSED]
    host.wait_for_log(
        *banned, "[apache-badbots] Ban 10.0.0.4", "[ssh-shorewall] Ban 10.0.0.5", patience=30
    )
    host.wait_for(lambda: "10.0.0.2" in (host.folder / "hosts.deny").read_text())
    host.wait_for(lambda: "-s 10.0.0.5" in host.firewall("iptables", "-S", "dynamic"))
    table = host.firewall("nft", "list", "table", "inet", "f2b-table")
    sets = {
        jail: host.firewall("nft", "list", "set", "inet", "f2b-table", f"addr-set-{jail}")
        for jail in IN_THE_KERNEL
    }
    assert [jail for jail, text in sets.items() if "10.0.0." not in text] == [], table

    assert set(everything(host, "attacker", "reach").values()) == {"shut out"}
    assert client(host, "robot", "reach", "apache") == "shut out"
    assert client(host, "robot", "reach", "nginx") == "served"
    assert not host.login("walled", PASSWORD, patience=2)
    assert set(everything(host, "friend", "reach").values()) == {"served"}
