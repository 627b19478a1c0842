"""``install.sh`` in a private world: what it changes is gone with the test, the host is untouched."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from system.booting import PYTHON, REPO

# A place of its own: what is written below these folders goes to a layer that is thrown away.
PLACE = """
mount --make-rprivate /
for folder in etc usr/local var run; do
    mkdir -p {layer}/$folder {layer}/work/$folder
    mount -t overlay none -o lowerdir=/$folder,upperdir={layer}/$folder,workdir={layer}/work/$folder /$folder
done
ip link set lo up
rm -rf /etc/fail2ban /run/systemd /usr/local/bin/fail2ban-* /usr/local/bin/banward
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:{python}
cd {repo}
"""


@pytest.fixture
def place(tmp_path, wheels):
    """Runs shell commands in a private world, where ``$INSTALL`` installs without network."""

    def run(script: str) -> subprocess.CompletedProcess[str]:
        begin = PLACE.format(layer=tmp_path / "layer", repo=REPO, python=PYTHON)
        begin += f'INSTALL="./install.sh --wheels {wheels}"\n'
        return subprocess.run(
            ["unshare", "-mnpf", "--mount-proc", "sh", "-ec", begin + script],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=300,
            check=False,
            env={**os.environ, "LANG": "C.UTF-8"},
        )

    return run


def test_one_command_protects_and_another_leaves_nothing(place):
    """After the installation the server runs; twice is as good as once; --uninstall removes all."""
    done = place("""
        $INSTALL
        fail2ban-client ping
        cat /etc/fail2ban/jail.d/banward-detected.conf
        echo "-- again"
        $INSTALL
        fail2ban-client status
        echo "-- away"
        ./install.sh --uninstall
        ls /etc/fail2ban /usr/local/lib/banward /usr/local/bin/banward /var/lib/fail2ban 2>&1 || true
        """)

    assert done.returncode == 0, done.stdout + done.stderr
    first, _, rest = done.stdout.partition("-- again")
    second, _, away = rest.partition("-- away")
    assert "Server replied: pong" in first
    assert "Banward protects this host" in first
    assert "[sshd]\nenabled = true" in first
    assert "`- Jail list:\t" in second
    assert "sshd" in second
    assert "Banward is removed." in away
    for path in ("/etc/fail2ban", "/usr/local/lib/banward", "/usr/local/bin/banward"):
        assert f"cannot access '{path}'" in away, away


def test_the_rules_are_fitted_to_the_host(place):
    """Paths are those of the distribution; without nftables, bans are done through iptables."""
    done = place("""
        rm /etc/os-release
        printf 'ID=rocky\\nID_LIKE="rhel centos fedora"\\n' > /etc/os-release
        for file in $(command -v nft) $(find /usr/lib /lib -name 'libnftables.so*'); do
            mount --bind /dev/null "$file"
        done
        mkdir -p /var/log/httpd /usr/local/sbin
        touch /var/log/httpd/main_error_log
        printf '#!/bin/sh\\n' > /usr/local/sbin/httpd
        chmod 755 /usr/local/sbin/httpd
        $INSTALL --no-start
        banward config show apache-auth
        banward rules test sshd
        """)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "apache-auth: it logs to /var/log/httpd/main_error_log" in done.stdout
    assert "action iptables-multiport (done by Banward: iptables)" in done.stdout
    assert re.search(r"^sshd +(\d+) +\1 +0 +0$", done.stdout, re.MULTILINE)


def test_a_dry_run_changes_nothing(place):
    """``--dry-run`` says what it would do."""
    done = place("$INSTALL --dry-run; ls /usr/local/bin /etc/fail2ban 2>&1 || true")

    assert "would write: /usr/local/bin/fail2ban-client" in done.stdout, done.stdout + done.stderr
    assert "cannot access '/etc/fail2ban'" in done.stdout


SYSTEMD = """
mkdir -p /run/systemd/system
printf '#!/bin/sh\\necho "$@" >> /run/systemctl.log\\n' > /usr/local/sbin/systemctl
chmod 755 /usr/local/sbin/systemctl
"""


def test_with_systemd_the_unit_is_enabled_and_started(place):
    """Where systemd runs, it gets a unit that starts at boot and answers to fail2ban's name."""
    done = place(
        SYSTEMD + "$INSTALL --no-start; cat /etc/systemd/system/banward.service /run/systemctl.log"
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "ExecStart=/usr/local/bin/fail2ban-server -xf start" in done.stdout
    assert "Alias=fail2ban.service" in done.stdout
    assert "WantedBy=multi-user.target" in done.stdout
    assert "enable --quiet banward.service" in done.stdout
    assert "restart banward.service" not in done.stdout


def test_what_is_missing_is_installed_and_named_at_the_end(place):
    """A bare host gets the packages that it lacks; a removal leaves them, and says which they are."""
    done = place("""
        for tool in nft iptables; do mount --bind /dev/null "$(readlink -f "$(command -v $tool)")"; done
        printf '#!/bin/sh\\necho "$@" >> /run/apt.log\\n' > /usr/local/sbin/apt-get
        chmod 755 /usr/local/sbin/apt-get
        $INSTALL --no-start
        cat /run/apt.log
        ./install.sh --uninstall
        """)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "install -y -qq --no-install-recommends nftables" in done.stdout
    assert "that were installed for it and stay: nftables" in done.stdout


def test_it_can_go_elsewhere(place):
    """``--prefix`` names the folder, for the installation and for the removal."""
    done = place("""
        $INSTALL --prefix /var/opt/banward --no-start
        /var/opt/banward/bin/banward version
        head -n 1 /var/opt/banward/bin/fail2ban-client
        ls /usr/local/bin
        ./install.sh --prefix /var/opt/banward --uninstall
        ls /var/opt/banward/bin /var/opt/banward/lib 2>&1 || true
        """)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "(as fail2ban " in done.stdout
    assert "#!/var/opt/banward/lib/banward/venv/bin/python -I" in done.stdout
    assert "\nfail2ban-client\n" not in done.stdout
    assert "Banward is removed." in done.stdout
    assert "fail2ban" not in done.stdout.partition("Banward is removed.")[2]


def test_the_script_of_sysv_starts_restarts_and_stops(place):
    """As an init without systemd or OpenRC calls it; what a restart keeps, the next start has."""
    done = place("""
        $INSTALL --no-start >/dev/null
        sed 's|@PREFIX@|/usr/local|' packaging/banward.sysv > /etc/init.d/banward
        sh /etc/init.d/banward start
        fail2ban-client set sshd banip 192.0.2.77
        sh /etc/init.d/banward restart
        sh /etc/init.d/banward status
        # A server with many jails answers before all of them have started.
        for i in $(seq 200); do fail2ban-client banned | grep -q 192.0.2.77 && break; sleep 0.1; done
        fail2ban-client banned
        sh /etc/init.d/banward stop
        fail2ban-client ping 2>&1 || echo "and is gone"
        """)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("Server ready") == 2
    assert re.search(r"`- Jail list:\t.*\bsshd\b", done.stdout)
    assert re.search(r"'sshd': \['192.0.2.77'\]", done.stdout), done.stdout
    assert done.stdout.endswith("and is gone\n")


def test_the_users_own_configuration_is_left_alone(place):
    """Where a configuration is, it is used as it is, and no jail is added to it."""
    done = place("""
        mkdir -p /etc/fail2ban
        printf '[mine]\\nenabled = true\\nfilter = sshd\\nbackend = auto\\nlogpath = /var/log/mine.log\\n' \\
            > /etc/fail2ban/jail.local
        touch /var/log/mine.log
        $INSTALL
        fail2ban-client status
        ls -R /etc/fail2ban
        """)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Using your configuration in /etc/fail2ban as it is." in done.stdout
    assert "`- Jail list:\tmine" in done.stdout
    assert "banward-detected" not in done.stdout


PEER = Path(os.environ.get("BANWARD_PEER", "/opt/peer/f2b"))


@pytest.mark.skipif(not (PEER / "etc/fail2ban").exists(), reason="Debian's fail2ban is not here")
def test_after_a_fail2ban_package(place):
    """A fail2ban that runs is told of, and taken over with its bans when that is asked for."""
    done = place(f"""
        cp -r {PEER}/etc/fail2ban /etc/fail2ban
        rm -f /etc/fail2ban/jail.d/*
        printf '[mine]\\nenabled = true\\nfilter = sshd\\nbackend = polling\\nlogpath = /var/log/mine.log\\n' \\
            > /etc/fail2ban/jail.local
        touch /var/log/mine.log
        export PYTHONPATH={PEER}/usr/lib/python3/dist-packages
        python3 {PEER}/usr/bin/fail2ban-server -b start
        python3 {PEER}/usr/bin/fail2ban-client set mine banip 192.0.2.77
        unset PYTHONPATH
        $INSTALL
        echo "-- take over"
        $INSTALL --take-over
        fail2ban-client banned
        iptables -S
        """)

    assert done.returncode == 0, done.stdout + done.stderr
    told, _, taken = done.stdout.partition("-- take over")
    assert "--take-over" in told
    assert "{'mine': ['192.0.2.77']}" in taken
    assert "-s 192.0.2.77/32" in taken
