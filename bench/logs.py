"""Writes the logs that are measured on: our own lines, the same ones for the same number of lines.

Half of the addresses come from 198.18.0.0/15, the range for benchmarks (RFC 2544). Each log ends
with failures of ``SENTINEL``: once it is found and banned, all lines before it are done.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["FORMS", "SENTINEL", "lines_of", "write"]

SENTINEL = "203.0.113.99"

_USERS = ("root", "admin", "oracle", "test", "git", "ubuntu", "deploy", "backup", "www", "pi")
_RATE = 100.0  # lines for each second of a log's time

Stamp = Callable[[float], str]
Lines = list[str]


class _Source:
    """What the lines of a log are drawn from, the same for each run."""

    def __init__(self, attackers: int) -> None:
        self.random = random.Random(20)
        self.attackers = [f"198.18.{n // 250}.{n % 250 + 1}" for n in range(attackers)]

    def attacker(self) -> str:
        return self.random.choice(self.attackers)

    def user(self) -> str:
        return self.random.choice(_USERS)

    def port(self) -> int:
        return self.random.randrange(1024, 65536)

    def number(self) -> int:
        return self.random.randrange(300, 99999)


def _sshd_attack(source: _Source, address: str) -> Lines:
    pid, port, user = source.number(), source.port(), source.user()
    tag = f"web1 sshd[{pid}]:"
    form = source.random.randrange(4)
    if form == 0:
        return [f"{tag} Failed password for root from {address} port {port} ssh2"]
    if form == 1:
        return [
            f"{tag} Invalid user {user} from {address} port {port}",
            f"{tag} Failed password for invalid user {user} from {address} port {port} ssh2",
            f"{tag} Connection closed by invalid user {user} {address} port {port} [preauth]",
        ]
    if form == 2:  # noqa: PLR2004 - the third of four
        return [
            f"{tag} Failed password for {user} from {address} port {port} ssh2",
            f"{tag} Received disconnect from {address} port {port}:11: Bye Bye [preauth]",
            f"{tag} Disconnected from authenticating user {user} {address} port {port} [preauth]",
        ]
    return [
        f"{tag} pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= "
        f"rhost={address}  user={user}",
        f"{tag} Failed password for {user} from {address} port {port} ssh2",
    ]


def _auth_benign(source: _Source) -> Lines:
    pid, user, host = source.number(), source.user(), source.random.randrange(1, 255)
    kind = source.random.randrange(5)
    if kind == 0:
        port = source.port()
        return [
            f"web1 sshd[{pid}]: Accepted publickey for {user} from 192.0.2.{host} port {port} "
            "ssh2: ED25519 SHA256:Zm9yIG1lYXN1cmVtZW50cyBvbmx5LCBubyBrZXk",
            f"web1 sshd[{pid}]: pam_unix(sshd:session): session opened for user {user}(uid=1000) "
            "by (uid=0)",
            f"web1 sshd[{pid}]: pam_unix(sshd:session): session closed for user {user}",
        ]
    if kind == 1:
        return [
            f"web1 sudo: {user} : TTY=pts/0 ; PWD=/home/{user} ; USER=root ; COMMAND=/bin/ls",
            "web1 sudo: pam_unix(sudo:session): session opened for user root(uid=0) by (uid=1000)",
        ]
    if kind == 2:  # noqa: PLR2004 - the third of five
        return [f"web1 systemd-logind[611]: New session {pid} of user {user}."]
    return [
        f"web1 CRON[{pid}]: pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)",
        f"web1 CRON[{pid}]: pam_unix(cron:session): session closed for user root",
    ]


def _mail_attack(source: _Source, address: str) -> Lines:
    pid, user = source.number(), source.user()
    forms = (
        f"web1 dovecot: imap-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 "
        f"secs): user=<{user}>, method=PLAIN, rip={address}, lip=192.0.2.1, session=<{pid}>",
        f"web1 postfix/smtpd[{pid}]: warning: unknown[{address}]: SASL LOGIN authentication "
        "failed: UGFzc3dvcmQ6",
        f"web1 postfix/smtpd[{pid}]: NOQUEUE: reject: RCPT from unknown[{address}]: 554 5.7.1 "
        f"<{user}@example.org>: Relay access denied; from=<a@example.com> "
        f"to=<{user}@example.org> proto=ESMTP helo=<mail.example.com>",
    )
    return [source.random.choice(forms)]


def _mail_benign(source: _Source) -> Lines:
    pid, user = source.number(), source.user()
    return [
        f"web1 postfix/smtpd[{pid}]: connect from mail.example.com[192.0.2.25]",
        f"web1 postfix/cleanup[{pid}]: 4X{pid}: message-id=<{pid}@example.com>",
        f"web1 postfix/qmgr[812]: 4X{pid}: from=<{user}@example.com>, size=4711, nrcpt=1 (active)",
        f"web1 postfix/smtpd[{pid}]: disconnect from mail.example.com[192.0.2.25] ehlo=1 quit=1",
    ]


def _web_error_attack(source: _Source, address: str) -> Lines:
    pid, user = source.number(), source.user()
    tail = f'client: {address}, server: example.org, request: "GET / HTTP/1.1", host: "example.org"'
    forms = (
        f'[error] {pid}#{pid}: *{pid} user "{user}": password mismatch, {tail}',
        f'[error] {pid}#{pid}: *{pid} limiting requests, excess: 10.5 by zone "login", {tail}',
    )
    return [source.random.choice(forms)]


def _web_error_benign(source: _Source) -> Lines:
    pid = source.number()
    return [
        f'[error] {pid}#{pid}: *{pid} open() "/var/www/icon.png" failed (2: No such file or '
        'directory), client: 192.0.2.9, server: example.org, request: "GET /icon.png HTTP/1.1", '
        'host: "example.org"'
    ]


def _access_attack(source: _Source, address: str) -> Lines:
    path = source.random.choice(("/wp-login.php", "/phpmyadmin/scripts/setup.php"))
    return [f'{address} - - [@] "GET {path} HTTP/1.1" 404 162 "-" "Mozilla/5.0"']


def _access_benign(source: _Source) -> Lines:
    host = source.random.randrange(1, 255)
    return [
        f'192.0.2.{host} - - [@] "GET /page/{source.number()} HTTP/1.1" 200 {source.number()} '
        '"https://example.org/" "Mozilla/5.0 (X11; Linux x86_64)"'
    ]


def _apache_attack(source: _Source, address: str) -> Lines:
    pid, user = source.number(), source.user()
    client = f"[client {address}:{source.port()}]"
    return [
        f"[@] [auth_basic:error] [pid {pid}] {client} AH01617: user {user}: authentication failure "
        'for "/private": Password Mismatch'
    ]


def _apache_benign(source: _Source) -> Lines:
    return [
        f"[@] [core:info] [pid {source.number()}] [client 192.0.2.7:{source.port()}] AH00128: File "
        "does not exist: /var/www/icon.png"
    ]


def _ftp_attack(source: _Source, address: str) -> Lines:
    return [f'@ [pid {source.number()}] [{source.user()}] FAIL LOGIN: Client "{address}"']


def _ftp_benign(source: _Source) -> Lines:
    return [f'@ [pid {source.number()}] [{source.user()}] OK LOGIN: Client "192.0.2.30"']


def _syslog(at: float) -> str:
    return time.strftime("%b %d %H:%M:%S", time.localtime(at))


def _nginx(at: float) -> str:
    return time.strftime("%Y/%m/%d %H:%M:%S", time.localtime(at))


def _clf(at: float) -> str:
    return time.strftime("%d/%b/%Y:%H:%M:%S %z", time.localtime(at))


def _ctime(at: float) -> str:
    return time.strftime("%a %b %d %H:%M:%S.000000 %Y", time.localtime(at))


def _ftp(at: float) -> str:
    return time.strftime("%a %b %d %H:%M:%S %Y", time.localtime(at))


Attack = Callable[[_Source, str], Lines]
Benign = Callable[[_Source], Lines]

FORMS: dict[str, tuple[Stamp, Attack, Benign]] = {
    "auth.log": (_syslog, _sshd_attack, _auth_benign),
    "mail.log": (_syslog, _mail_attack, _mail_benign),
    "nginx-error.log": (_nginx, _web_error_attack, _web_error_benign),
    "nginx-access.log": (_clf, _access_attack, _access_benign),
    "apache-error.log": (_ctime, _apache_attack, _apache_benign),
    "vsftpd.log": (_ftp, _ftp_attack, _ftp_benign),
}
"""Each kind of log: how it writes times, lines of an attack, lines of ordinary life."""


def lines_of(kind: str, count: int, share: float, *, end: float, attackers: int) -> Iterator[str]:
    """The lines of a log, without newlines.

    Args:
        kind: a key of ``FORMS``.
        count: how many lines, save the last ones of the sentinel.
        share: how many of them are lines of an attack, from 0 to 1.
        end: the time of the last line, seconds since the epoch.
        attackers: how many addresses attack.
    """
    stamp, attack, benign = FORMS[kind]
    source = _Source(attackers)
    written, hostile = 0, 0
    at, text = 0, ""
    while written < count:
        is_attack = hostile < share * (written + 1)
        group = attack(source, source.attacker()) if is_attack else benign(source)
        for line in group[: count - written]:
            now = int(end - (count - written) / _RATE)
            at, text = (at, text) if now == at else (now, stamp(now))
            yield _dated(line, text)
            written += 1
            hostile += is_attack
    for _ in range(40):
        for line in attack(source, SENTINEL):
            yield _dated(line, stamp(end))


def _dated(line: str, text: str) -> str:
    return line.replace("@", text, 1) if "@" in line[:40] else f"{text} {line}"


def write(path: Path, kind: str, count: int, share: float, *, end: float, attackers: int) -> bytes:
    """Write a log, and return what was written."""
    lines = lines_of(kind, count, share, end=end, attackers=attackers)
    data = "".join(f"{line}\n" for line in lines).encode()
    path.write_bytes(data)
    return data
