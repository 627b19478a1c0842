"""The shipped rules are fitted to a host: paths of its distribution, a firewall that works."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from banward.adapting import adapt, paths_of
from banward.config import read_configuration

RULES = Path(__file__).parent.parent / "src" / "banward" / "rules"

HOSTS = [
    ({"ID": "debian"}, "Linux", "debian"),
    ({"ID": "linuxmint", "ID_LIKE": "ubuntu debian"}, "Linux", "debian"),
    ({"ID": "fedora"}, "Linux", "fedora"),
    ({"ID": "rocky", "ID_LIKE": "rhel centos fedora"}, "Linux", "fedora"),
    ({"ID": "amzn", "ID_LIKE": "fedora"}, "Linux", "fedora"),
    ({"ID": "opensuse-leap", "ID_LIKE": "suse opensuse"}, "Linux", "opensuse"),
    ({"ID": "sles", "ID_LIKE": "suse"}, "Linux", "opensuse"),
    ({"ID": "arch"}, "Linux", "arch"),
    ({"ID": "manjaro", "ID_LIKE": "arch"}, "Linux", "arch"),
    ({"ID": "alpine"}, "Linux", "alpine"),
    ({"ID": "freebsd"}, "FreeBSD", "freebsd"),
    ({}, "Darwin", "osx"),
    ({"ID": "void"}, "Linux", "debian"),
    ({}, "Linux", "debian"),
]


@pytest.fixture
def rules(tmp_path):
    """The shipped rules, to be changed."""
    return shutil.copytree(RULES, tmp_path / "rules")


def settings(rules, user, jail="recidive"):
    """Action and log of a jail as the rules have it, with a user's files over them."""
    user.mkdir(exist_ok=True)
    (user / "jail.local").write_text(f"[{jail}]\nenabled = true\n", encoding="utf-8")
    found = read_configuration(user, fallback=rules, dump=True).jail(jail)
    return found.actions[0].file, [log.pattern for log in found.logs]


@pytest.mark.parametrize(("os_release", "system", "paths"), HOSTS)
def test_the_paths_of_a_host(os_release, system, paths):
    """By the system, the distribution, or those that it says it is like; and the file exists."""
    assert paths_of(os_release, system) == paths
    assert (RULES / f"paths-{paths}.conf").is_file()


def test_rules_that_are_fitted(rules, tmp_path):
    """Jails read where the distribution logs; twice is as good as once."""
    for _ in range(2):
        adapt(rules, "fedora", with_iptables=False)
        assert settings(rules, tmp_path / "etc", "apache-auth") == (
            "nftables",
            ["/var/log/httpd/*error_log"],
        )


def test_where_nftables_does_not_work(rules, tmp_path):
    """Bans are done through iptables, on all ports too."""
    adapt(rules, "debian", with_iptables=True)
    assert settings(rules, tmp_path / "etc", "vsftpd")[0] == "iptables-multiport"
    assert settings(rules, tmp_path / "etc", "recidive")[0] == "iptables-allports"


def test_the_user_has_the_last_word(rules, tmp_path):
    """A ``paths-overrides.local`` beside his files wins over what was chosen for the host."""
    adapt(rules, "debian", with_iptables=True)
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "paths-overrides.local").write_text(
        "[DEFAULT]\nbanaction = ufw\n", encoding="utf-8"
    )
    assert settings(rules, tmp_path / "etc", "vsftpd")[0] == "ufw"
