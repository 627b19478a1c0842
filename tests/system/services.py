"""Debian's services on one host of a world, with logs, users and configuration of their own.

Processes, mounts and network are private, so that the host's own services and files are not touched. Who logs in
right is ``USER`` with ``PASSWORD``.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from banward.testing.sshd import PASSWORD, USER

if TYPE_CHECKING:
    from banward.testing.world import World

# Debian has one FTP server installed at a time: the other is unpacked by test.sh.
VSFTPD: Final = Path("/opt/peer/vsftpd/usr/sbin/vsftpd")
COMMANDS: Final = ("proftpd", "apache2", "nginx", "postfix", "dovecot", "shorewall", str(VSFTPD))

PORTS: Final = {
    "vsftpd": 21,
    "wrapped": 2122,
    "proftpd": 2121,
    "apache": 80,
    "nginx": 8080,
    "postfix": 25,
    "dovecot": 143,
}
LOGS: Final = (
    "vsftpd.log",
    "wrapped.log",
    "proftpd/proftpd.log",
    "apache2/error.log",
    "apache2/access.log",
    "nginx/error.log",
    "mail.log",
    "dovecot.log",
)

_VSFTPD = """\
listen=YES
listen_port={port}
background=YES
local_enable=YES
pam_service_name=vsftpd
xferlog_enable=YES
vsftpd_log_file=/var/log/{log}
secure_chroot_dir=/run/empty
seccomp_sandbox=NO
isolate_network=NO
delay_failed_login=0
tcp_wrappers={wrappers}
"""
_FILES: Final = {
    "vsftpd.conf": _VSFTPD.format(port=PORTS["vsftpd"], log="vsftpd.log", wrappers="NO"),
    "wrapped.conf": _VSFTPD.format(port=PORTS["wrapped"], log="wrapped.log", wrappers="YES"),
    "proftpd.conf": """\
ServerType standalone
DefaultServer on
Port 2121
User proftpd
Group nogroup
UseReverseDNS off
UseIPv6 off
AuthOrder mod_auth_unix.c
RequireValidShell off
SystemLog /var/log/proftpd/proftpd.log
""",
    "apache.conf": """\
ServerName server.example
ServerRoot /etc/apache2
PidFile /run/apache.pid
Listen 80
User www-data
Group www-data
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authn_core_module /usr/lib/apache2/modules/mod_authn_core.so
LoadModule authn_file_module /usr/lib/apache2/modules/mod_authn_file.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule authz_user_module /usr/lib/apache2/modules/mod_authz_user.so
LoadModule auth_basic_module /usr/lib/apache2/modules/mod_auth_basic.so
ErrorLog /var/log/apache2/error.log
LogFormat "%h %l %u %t \\"%r\\" %>s %O \\"%{Referer}i\\" \\"%{User-Agent}i\\"" combined
CustomLog /var/log/apache2/access.log combined
<Location />
  AuthType Basic
  AuthName "members"
  AuthBasicProvider file
  AuthUserFile /etc/web.users
  Require valid-user
</Location>
""",
    "nginx.conf": """\
pid /run/nginx.pid;
worker_processes 1;
events { worker_connections 64; }
http {
  access_log off;
  error_log /var/log/nginx/error.log;
  client_body_temp_path /run/nginx-body; proxy_temp_path /run/nginx-proxy;
  fastcgi_temp_path /run/nginx-fastcgi; uwsgi_temp_path /run/nginx-uwsgi; scgi_temp_path /run/nginx-scgi;
  server {
    listen 8080;
    root /var/www/html;
    auth_basic "members";
    auth_basic_user_file /etc/web.users;
  }
}
""",
    "postfix/main.cf": """\
compatibility_level = 3.6
maillog_file = /var/log/mail.log
myhostname = server.example
mydestination =
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
alias_maps =
smtpd_peername_lookup = no
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
smtpd_sasl_security_options = noanonymous
""",
    "postfix/master.cf": """\
smtp      inet  n - n - - smtpd
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
rewrite   unix  - - n - - trivial-rewrite
anvil     unix  - - n - 1 anvil
proxymap  unix  - - n - - proxymap
postlog   unix-dgram n - n - 1 postlogd
""",
    "dovecot.conf": """\
protocols = imap
listen = *
ssl = no
disable_plaintext_auth = no
base_dir = /run/dovecot
log_path = /var/log/dovecot.log
auth_failure_delay = 0
passdb {
  driver = passwd-file
  args = /etc/mail.users
}
userdb {
  driver = static
  args = uid=mail gid=mail home=/nonexistent
}
service auth {
  unix_listener /var/spool/postfix/private/auth {
    mode = 0666
  }
}
""",
}

# Everything below /etc is a layer over the host's; spool, state and sockets are empty.
_START = """\
mount --make-rprivate /
mount -t tmpfs none /run
mount -t tmpfs none /var/lib/postfix
mount -t tmpfs none /var/spool/postfix
mount --bind {folder}/logs /var/log
mount -t overlay none -o lowerdir=/etc,upperdir={folder}/layer,workdir={folder}/work /etc
mount --bind {folder}/hosts.deny /etc/hosts.deny
mkdir -p /run/empty /run/proftpd
chown postfix /var/lib/postfix
{vsftpd} /etc/vsftpd.conf
{vsftpd} /etc/wrapped.conf
proftpd -c /etc/proftpd.conf
apache2 -f /etc/apache.conf
nginx -c /etc/nginx.conf
postfix start
dovecot -c /etc/dovecot.conf
exec sleep infinity
"""


def start_services(world: World, host: str, folder: Path) -> subprocess.Popen[bytes]:
    """Start all services on a host, and wait until they listen.

    Args:
        world: where.
        host: name of the host in that world.
        folder: an existing folder for their files; their logs will be in ``logs``, TCP wrappers read ``hosts.deny``.

    Returns:
        the process to kill: all others go with it.

    Raises:
        TimeoutError: one of them did not begin to listen within twenty seconds.
    """
    layer = folder / "layer"
    for name in ("layer/pam.d", "layer/postfix", "work"):
        (folder / name).mkdir(parents=True)
    for name, text in _FILES.items():
        (layer / name).write_text(text)
    shutil.copy(VSFTPD.parent.parent.parent / "etc/pam.d/vsftpd", layer / "pam.d/vsftpd")
    digest = base64.b64encode(hashlib.sha1(PASSWORD.encode()).digest()).decode()
    (layer / "web.users").write_text(f"{USER}:{{SHA}}{digest}\n")
    (layer / "mail.users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n")
    (folder / "hosts.deny").touch()
    for name in LOGS:
        log = folder / "logs" / name
        log.parent.mkdir(parents=True, exist_ok=True)
        log.touch()
    script = _START.format(folder=folder, vsftpd=VSFTPD)
    with (folder / "services.out").open("wb") as output:
        holder = world.start(
            host,
            *("unshare", "-m", "-p", "-f", "--kill-child", "--mount-proc", "sh", "-ec", script),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    _wait_until_listening(world, host, folder)
    return holder


def _wait_until_listening(world: World, host: str, folder: Path) -> None:
    deadline = time.monotonic() + 20
    missing = set(PORTS.values())
    while missing:
        listening = world.run(host, "ss", "-Hltn").stdout
        missing = {port for port in missing if f":{port} " not in listening}
        if missing and time.monotonic() > deadline:
            raise TimeoutError(f"{missing}: {(folder / 'services.out').read_text()}")
        time.sleep(0.05)
