"""How long ``rg -j1 -c`` takes for a log with the rules of a filter, as far as it can read them."""

# A rule is easier to compare with the filter's in one line.
# ruff: noqa: E501

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from footprint import command_cpu

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["cpu"]

_BEGIN = r"sshd(?:-session|-auth)?(?:\[\d+\])?: (?:(?:error|fatal): )?"
_PREAUTH = r"(?: \[preauth\])?\s*$"
_PORT = r"(?: port \d+)?"
_KEY = r"[\w-]+ [^\s,]+"
_MESSAGES = (
    rf"Failed [\w/-]+ for (?:(?:invalid|illegal) user )?.* from \S+(?: port \d+(?: on \S+)?)?(?: ssh\d)?(?:: {_KEY})?$",
    rf'Failed hostbased for (?:invalid user )?[^"]* from \S+ port \d+ ssh\d: {_KEY}, client user "[^"]*", client host "[^"]*"$',
    r"Failed [\w/-]+ for (?:invalid user )?.* from \S+ port \d+ ssh1: ruser .*$",
    rf"Failed publickey for (?:invalid user )?.* from \S+ port \d+ ssh2: {_KEY} ID .* \(serial \d+\) CA .*$",
    r"PAM: (?:[Aa]uthentication (?:failure|error|failed)|User not known to the underlying authentication module|Permission denied|(?:Maximum|Have exhausted maximum) number of \w[\w ]*) for (?:illegal user )?.* from \S+(?: via \S+)?$",
    r"(?:pam_[a-z]+|PAM-[a-z]+)\(sshd:auth\):\s+authentication failure;(?: (?:logname|uid|euid|tty)=\S*)* ruser=[^\s=]* rhost=\S+(?:\s+user=.*)?\s*$",
    rf"(?:[Ii]llegal|[Ii]nvalid) user .* from \S+{_PORT}{_PREAUTH}",
    rf"User .* from \S+ not allowed because (?:not listed in AllowUsers|listed in DenyUsers|not in any group|a group is listed in DenyGroups|none of user's groups are listed in AllowGroups){_PREAUTH}",
    rf"User \S+ not allowed because (?:account is locked|shell \S+ (?:does not exist|is not executable)){_PREAUTH}",
    rf"ROOT LOGIN REFUSED FROM \S+{_PORT}{_PREAUTH}",
    r"refused connect from \S+ \(\S+\)$",
    rf"maximum authentication attempts exceeded for (?:invalid user )?.* from \S+ port \d+(?: ssh\d)?{_PREAUTH}",
    rf"Disconnecting: Too many authentication failures(?: for .*)?{_PREAUTH}",
    rf"Disconnecting (?:(?:invalid|authenticating) user .* )?\S+{_PORT}: Too many authentication failures{_PREAUTH}",
    rf"Disconnecting(?: (?:invalid|authenticating) user .* \S+ port \d+)?: Change of username or service not allowed: .*{_PREAUTH}",
    rf"Received disconnect from \S+{_PORT}:\s*3: (?:\S+: )?Auth fail(?:ed)?{_PREAUTH}",
    rf"Received disconnect from \S+{_PORT}:\s*11: .*$",
    rf'Connection from \S+{_PORT}(?: on \S+{_PORT}(?: rdomain "[^"\s]*")?)?\s*$',
    r"Accepted \S+ for \S+ from \S+(?:\s.*)?$",
    rf"(?:Connection (?:closed|reset) by|Disconnected from) (?:(?:invalid|authenticating) user .* )?\S+{_PORT}(?: on \S+{_PORT})?{_PREAUTH}",
)
"""All that the filter sshd looks for in its normal mode, in the syntax of ripgrep.

It has no look-arounds, so what the filter excludes by them is found too; in the benchmark's log that
is nothing: ``rg -c`` counts as many lines as the filter has matches.
"""


def cpu(log: Path) -> float | None:
    """CPU seconds of ripgrep over a log; None if it is not installed."""
    program = shutil.which("rg")
    if program is None:
        return None
    patterns = [word for message in _MESSAGES for word in ("-e", _BEGIN + message)]
    return command_cpu([program, "-j1", "-c", "--no-mmap", *patterns, str(log)]) / 1000
