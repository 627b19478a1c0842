"""Shipped files work beside files of the user's that have the names of shared ones.

A directory that fail2ban's package made, or a part of it, has its own common.conf, sendmail-common.conf and so on.
What filters and actions of ours need of such a file is what fail2ban documents; all else stands in files whose names
begin with banward.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from banward.config import read_configuration
from rules.acting import TAGS

RULES = Path(__file__).parent.parent.parent / "src" / "banward" / "rules"
FILTERS = {
    path.stem: path.read_text(encoding="utf-8") for path in (RULES / "filter.d").glob("*.conf")
}
ACTIONS = {
    path.stem: path.read_text(encoding="utf-8") for path in (RULES / "action.d").glob("*.conf")
}

COMMON = """
[DEFAULT]
_daemon = \\S*
__pid_re = (?:\\[\\d+\\])
__daemon_re = %(_daemon)s
__daemon_combs_re = %(_daemon)s
__daemon_extra_re = x
__kernel_prefix = kernel:
__hostname = \\S+
__md5hex = x
__bsd_syslog_verbose = x
__vserver = x
__date_ambit = x
__pam_auth = pam_unix
__prefix_line = \\s*
datepattern = {^LN-BEG}
[lt_file]
__prefix_line = \\s*
[lt_short]
__prefix_line = \\s*
[lt_journal]
__prefix_line = \\s*
"""
APACHE = """
[INCLUDES]
before = common.conf
[DEFAULT]
logging = logfile
apache-prefix = x
apache-prefix-logfile = x
apache-prefix-syslog = x
apache-prefix-all = x
apache-pref-ignore =
_apache_error_client = \\[client <HOST>\\]
"""
NGINX = """
[INCLUDES]
before = common.conf
[DEFAULT]
_daemon = nginx
__err_type = error
__prefix = x
__prefix_line = x
"""
FOREIGN_FILTERS = {
    "common": COMMON,
    "apache-common": APACHE,
    "nginx-error-common": NGINX,
    "exim-common": "[Definition]\npid = x\nhost_info = \\[<ADDR>\\]\n_fields_grp = x\n_add_pref = x\n__prefix_line = x\n",
    "botsearch-common": "[Init]\nblock = x\nwebmail = x\nphpmyadmin = x\nwordpress = x\n",
    "selinux-common": "[Definition]\nfailregex = %(_type)s %(_uid)s %(_auid)s %(_subj)s %(_msg)s\nignoreregex =\n",
}
IPTABLES = """
[Definition]
actionstart = :
actionban = iptables -I x -s <ip>
[Init]
chain = INPUT
port = ssh
protocol = tcp
type = oneport
blocktype = REJECT
returntype = RETURN
lockingopt = -w
pre-rule =
iptables = iptables <lockingopt>
"""
MAIL = "[Definition]\nactionstart = :\nactionban =\n[Init]\ndest = root\nsender = x\nsendername = X\nmailcmd = mail\n"
FIREWALLD = """
[Init]
name = default
port = 1:65535
protocol = tcp
family = ipv4
chain = INPUT_direct
zone = public
service = ssh
rejecttype = x
blocktype = REJECT
rich-blocktype = reject
"""
FOREIGN_ACTIONS = {
    "iptables": IPTABLES,
    "sendmail-common": MAIL,
    "mail": MAIL,
    "mail-whois-common": "[DEFAULT]\n_whois = whois\n_whois_command = whois\n_whois_target_charset = UTF-8\n",
    "helpers-common": "[Init]\ngrepmax = 1\ngrepopts = -m 1\ngreplimit = tail\n",
    "firewallcmd-common": FIREWALLD,
}


def including(files, shared):
    """The names of files that include one of the shared ones, themselves or through others."""
    found = {
        name
        for name, text in files.items()
        if {part.removesuffix(".conf") for part in re.findall(r"[\w-]+\.conf", _includes(text))}
        & shared
    }
    return found if found <= shared else including(files, shared | found)


def _includes(text):
    return text.partition("[INCLUDES]")[2].partition("\n[")[0]


def usable(files, foreign):
    """Files of ours that a jail can name and that need one of the foreign ones."""
    names = including(files, set(foreign)) | set(foreign)
    return sorted(
        n
        for n in names - set(foreign)
        if not n.endswith("-common") and not n.startswith("banward-")
    )


def read(tmp_path, folder, foreign, jail):
    """The jail ``web`` in a directory with foreign files."""
    (tmp_path / folder).mkdir()
    for name, text in foreign.items():
        (tmp_path / folder / f"{name}.conf").write_text(text, encoding="utf-8")
    (tmp_path / "jail.local").write_text(
        f"[web]\nenabled = true\nlogpath = /dev/null\n{jail}\n", encoding="utf-8"
    )
    found = read_configuration(tmp_path, fallback=RULES, dump=True)
    assert [problem.words for problem in found.problems if problem.level == "error"] == []
    return found.jails[0]


def test_files_are_found():
    """The lists that the tests below go through are not empty."""
    assert len(usable(FILTERS, FOREIGN_FILTERS)) > 40
    assert len(usable(ACTIONS, FOREIGN_ACTIONS)) > 15


@pytest.mark.parametrize("name", usable(FILTERS, FOREIGN_FILTERS))
def test_filters_need_only_what_is_documented(tmp_path, name):
    """A filter can be read beside foreign shared files, and no tag of ours is left in a pattern."""
    found = read(tmp_path, "filter.d", FOREIGN_FILTERS, f"filter = {name}\naction =").filter
    left = re.findall(
        r"(?<!P)<(?!F-|/F-)([a-z_][\w/-]*)>", " ".join((found.prefregex, *found.failregex))
    )
    assert left == []


@pytest.mark.parametrize("name", usable(ACTIONS, FOREIGN_ACTIONS))
def test_actions_need_only_what_is_documented(tmp_path, name):
    """An action can be read beside foreign shared files, and no tag of ours is left in a command."""
    [action] = read(tmp_path, "action.d", FOREIGN_ACTIONS, f"filter =\naction = {name}").actions
    params = {s.name: str(s.value) for s in action.params}
    commands = " ".join(text for option, text in params.items() if option.startswith("action"))
    tags = {tag for tag in re.findall(r"<([a-z_][\w-]*)>", commands) if tag not in params}
    assert tags <= TAGS | {"fq-hostname", "sp", "br", "x"}
