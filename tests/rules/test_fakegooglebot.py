"""The command that spares Google's real robots, with names of its own from a hosts file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from banward.testing.world import missing_parts

SCRIPT = (
    Path(__file__).parent.parent.parent
    / "src/banward/rules/filter.d/ignorecommands/apache-fakegooglebot"
)
HOSTS = """\
192.0.2.1 crawl-192-0-2-1.googlebot.com
2001:db8::1 rate-limited-proxy.google.com
192.0.2.2 googlebot.com.evil.example
192.0.2.3 evilgooglebot.com
"""

MISSING = missing_parts("unshare")


def run(*arguments, hosts):
    """The exit code of the command, where only a hosts file knows names."""
    shell = f'mount --bind {hosts} /etc/hosts && exec "$@"'
    words = [
        "unshare",
        "-m",
        "-n",
        "sh",
        "-c",
        shell,
        "sh",
        sys.executable,
        str(SCRIPT),
        *arguments,
    ]
    return subprocess.run(words, capture_output=True, check=False).returncode


@pytest.mark.system
@pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}")
@pytest.mark.parametrize(
    ("address", "code"),
    [("192.0.2.1", 0), ("2001:db8::1", 0), ("192.0.2.2", 1), ("192.0.2.3", 1), ("192.0.2.4", 1)],
)
def test_only_names_of_google_count(tmp_path, address, code):
    """A name below Google's domains that leads back to the address is spared, no other."""
    hosts = tmp_path / "hosts"
    hosts.write_text(HOSTS, encoding="utf-8")
    assert run(address, "5", hosts=hosts) == code


@pytest.mark.parametrize("arguments", [[], ["no-address"], ["192.0.2.1", "soon"]])
def test_wrong_arguments(arguments):
    """They are told, with the exit code that fail2ban's script has."""
    done = subprocess.run(
        [sys.executable, SCRIPT, *arguments], capture_output=True, check=False, text=True
    )
    assert (done.returncode, "Usage:" in done.stderr) == (2, True)
