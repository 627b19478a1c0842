"""The table of services serves every shipped jail, and finds a service where it is."""

from __future__ import annotations

import configparser
from pathlib import Path

import pytest

from banward.services import Finding, Service, detect, read_table

RULES = Path(__file__).parent.parent / "src" / "banward" / "rules"
TABLE = read_table(RULES / "services.toml")


def shipped_jails():
    """The names of the jails in jail.conf."""
    parser = configparser.RawConfigParser(default_section="DEFAULT")
    parser.read(RULES / "jail.conf", encoding="utf-8")
    return set(parser.sections()) - {"INCLUDES"}


def put(root, path, text=""):
    """Make a file below a root."""
    file = root / path.lstrip("/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    file.chmod(0o755)


def test_each_jail_has_its_entry():
    """The jails of the table are those of jail.conf, once each."""
    assert (sorted(shipped_jails()), len(TABLE)) == (
        sorted(service.jail for service in TABLE),
        len({service.jail for service in TABLE}),
    )


@pytest.mark.parametrize("service", TABLE, ids=lambda service: service.jail)
def test_an_entry_says_how_to_see_it_or_why_not(service):
    """A service is seen by programs, units or its log, or there is a reason why none will do."""
    ways = bool(service.programs or service.units), service.by_log, bool(service.manual)
    assert ways.count(True) == 1


def test_a_service_by_its_program_and_log(tmp_path):
    """Program and log are there: the jail can run."""
    put(tmp_path, "/usr/sbin/vsftpd")
    put(tmp_path, "/var/log/vsftpd.log")
    assert detect(TABLE, RULES, root=str(tmp_path)) == [
        Finding("vsftpd", enabled=True, why="it logs to /var/log/vsftpd.log")
    ]


def test_a_service_without_its_log(tmp_path):
    """Only the program is there: the jail can't run, and the reason names the paths."""
    put(tmp_path, "/usr/sbin/vsftpd")
    [found] = detect(TABLE, RULES, root=str(tmp_path))
    assert (found.enabled, found.why) == (False, "no log was found (/var/log/vsftpd.log)")


def test_a_service_in_a_container_by_its_log(tmp_path):
    """A log alone tells of a service that has no program on the host."""
    put(tmp_path, "/var/log/vaultwarden.log")
    assert [found.jail for found in detect(TABLE, RULES, root=str(tmp_path))] == ["vaultwarden"]


def test_a_service_in_the_journal(tmp_path):
    """Where there is a journal and the filter knows its service, no file is needed."""
    put(tmp_path, "/usr/sbin/sshd")
    put(tmp_path, "/var/log/journal/1/system.journal")
    assert detect([Service("sshd", ("sshd",))], RULES, root=str(tmp_path)) == [
        Finding("sshd", enabled=True, why="it logs to the journal")
    ]


def test_a_jail_that_only_the_administrator_can_judge(tmp_path):
    """It is not found, even if its log is there."""
    put(tmp_path, "/var/log/suricata/fast.log")
    assert detect(TABLE, RULES, root=str(tmp_path)) == []


def test_a_journal_is_no_sign_of_a_service_that_is_seen_by_its_log(tmp_path):
    """A bare host has a journal, and none of the services that come in containers."""
    put(tmp_path, "/var/log/journal/m/system.journal", "x")
    assert detect(TABLE, RULES, root=str(tmp_path)) == []
