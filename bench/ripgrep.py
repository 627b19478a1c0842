"""How long ``rg -j1 -c`` takes for a log with the rules of a filter, as far as it can read them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from footprint import command_cpu

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["cpu"]

_PATTERNS = (
    r"sshd\[\d+\]: Failed (?:password|publickey|none) for (?:invalid user )?.* from \S+ port \d+",
    r"sshd\[\d+\]: Invalid user .* from \S+(?: port \d+)?",
    r"sshd\[\d+\]: User .+ from \S+ not allowed because",
    r"sshd\[\d+\]: (?:error: )?maximum authentication attempts exceeded for .* from \S+ port \d+",
    r"sshd\[\d+\]: (?:error: )?PAM: .* for .* from \S+",
    r"sshd\[\d+\]: pam_unix\(sshd:auth\): authentication failure;.* rhost=\S+",
    r"sshd\[\d+\]: Received disconnect from \S+ port \d+:\s*\d+: .*\[preauth\]",
    r"sshd\[\d+\]: Disconnected from (?:authenticating|invalid) user .* \S+ port \d+ \[preauth\]",
    r"sshd\[\d+\]: Connection (?:closed|reset) by (?:(?:authenticating|invalid) user .* )?\S+ port",
    r"sshd\[\d+\]: Accepted \S+ for .* from \S+ port \d+",
)
"""What the filter sshd looks for in its normal mode, in the syntax of ripgrep."""


def cpu(log: Path) -> float | None:
    """CPU seconds of ripgrep over a log; None if it is not installed."""
    program = shutil.which("rg")
    if program is None:
        return None
    patterns = [word for pattern in _PATTERNS for word in ("-e", pattern)]
    return command_cpu([program, "-j1", "-c", "--no-mmap", *patterns, str(log)]) / 1000
