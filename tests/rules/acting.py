"""Does what an action file says, with its shell commands, and tells what came of it.

As a program it is run in a network namespace of its own:

    unshare -n python acting.py < {"action": "iptables[port=http]", "steps": [["ban", "192.0.2.1"], ...]}
"""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from banward.config import read_configuration
from banward.enforcement.python import PythonAction
from banward.enforcement.shell import ShellAction
from banward.errors import ActionError
from banward.records import Ban, Origin, Reason, Unban
from banward.settings import ActionSettings
from banward.testing.clock import TestClock

RULES = Path(__file__).parent.parent.parent / "src" / "banward" / "rules"
NOW = 1_700_000_000.0
TAGS = frozenset(
    (
        "ip",
        "family",
        "ip-rev",
        "ip-host",
        "fid",
        "failures",
        "time",
        "bantime",
        "matches",
        "ipmatches",
        "ipjailmatches",
        "ipfailures",
        "ipjailfailures",
    )
)
"""What every action may ask of a ban (server-and-client.md 4.6)."""
JAIL = "[web]\nenabled = true\nfilter =\nlogpath = /dev/null\naction = "


@dataclass
class Facts:
    """A jail as its actions see it."""

    name: str = "web"
    banned: int = 1
    banned_total: int = 1
    found: int = 5
    found_total: int = 5
    bantime: float = 600

    def history(self, subject, *, all_jails):
        return []

    def reverse_name(self, address):
        return "evil.example"


def definition(action):
    """The definition of an action as a jail ``web`` names it.

    Raises:
        AssertionError: it can't be read.
    """
    with tempfile.TemporaryDirectory() as folder:
        text = JAIL + action.replace("\n", "\n    ") + "\n"
        Path(folder, "jail.local").write_text(text, encoding="utf-8")
        found = read_configuration(folder, fallback=RULES)
    errors = [problem.words for problem in found.problems if problem.level == "error"]
    assert errors == []
    return found.jails[0].actions[0]


def shell_action(action):
    """The action, done by its commands or its Python file."""
    found = definition(action)
    params = {s.name: str(s.value) for s in found.params if s.name != "native"}
    if found.python_file:
        return PythonAction(ActionSettings(found.name, params, found.python_file), Facts())
    return ShellAction(ActionSettings(found.name, params), Facts(), TestClock(NOW))


def a_ban(subject, **more):
    """A ban of the jail."""
    more.setdefault("failures", 5)
    return Ban(jail="web", subject=subject, at=NOW, bantime=more.pop("bantime", 600), **more)


async def perform(action, steps):
    """Carry out steps and give what each leaves: errors of an action, output of a command."""
    done = shell_action(action)
    return [await _step(done, *step) for step in steps]


async def _step(action, what, *args):
    try:
        return await _carry_out(action, what, *args)
    except ActionError as error:
        return [str(error)]


async def _carry_out(action, what, subject="", more=None):
    if what == "run":
        # Left to the shell, as a person would look into the kernel.
        found = subprocess.run(["sh", "-c", subject], capture_output=True, text=True, check=False)  # noqa: ASYNC221
        return found.stdout + found.stderr
    options = dict(more or {})
    if options.pop("restored", False):
        options["origin"] = Origin.RESTORED
    ban = a_ban(subject, **options)
    match what:
        case "ban":
            outcomes = await action.ban([ban])
        case "prolong":
            outcomes = await action.prolong([ban])
        case "unban":
            outcomes = await action.unban([Unban(ban, Reason.EXPIRED)])
        case _:
            return await getattr(action, what)()
    return [outcome.error for outcome in outcomes]


def main():
    """Read an order from standard input, and write what came of it."""
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    order = json.load(sys.stdin)
    json.dump(asyncio.run(perform(order["action"], order["steps"])), sys.stdout)


if __name__ == "__main__":
    main()
