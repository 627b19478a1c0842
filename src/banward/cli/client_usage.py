"""The usage text of the drop-in commands, made from the tables of options and commands.

Shell completions parse it (server-and-client.md 1.3): commands are indented by four, explanations
begin in column 46.
"""

from __future__ import annotations

import textwrap
from typing import Final

from banward import COMPATIBLE_VERSION, __version__
from banward.cli.options import OPTIONS
from banward.control.commands import TABLE
from banward.control.table import Group

__all__ = ["INTRODUCTION", "usage"]

INTRODUCTION: Final = (
    f"Banward {__version__} (Fail2Ban v{COMPATIBLE_VERSION}) reads what services log about their\n"
    "clients, and bans those in the firewall who try to break in."
)
"""Two lines about the product."""

_OPTION_COLUMN: Final = 28
_COMMAND_COLUMN: Final = 45
_COMMAND_WIDTH: Final = 34


def usage(program: str) -> str:
    """The whole text; the server's has no commands.

    Args:
        program: ``fail2ban-client`` or ``fail2ban-server``.
    """
    is_server = program == "fail2ban-server"
    lines = [f"Usage: {program} [OPTIONS]{'' if is_server else ' <COMMAND>'}", ""]
    lines += [INTRODUCTION, "", "Options:", *_options()]
    if not is_server:
        lines += ["", "Command:", *_commands()]
    return "\n".join(lines)


def _options() -> list[str]:
    lines = []
    for letter, name, takes, text in OPTIONS:
        if text:
            names = ", ".join(n for n in (letter and f"-{letter}", name and f"--{name}") if n)
            value = "" if not takes else f" {takes}" if "|" in takes else f" <{takes}>"
            lines += _columns(f"    {names}{value}", [text], _OPTION_COLUMN)
    return lines


def _commands() -> list[str]:
    lines: list[str] = []
    for group in Group:
        if group is Group.INTERNAL:
            continue
        lines += [""] * bool(lines)
        lines.append(" " * _COMMAND_COLUMN + group.value)
        for row in TABLE.rows:
            if row.group is group:
                text = textwrap.wrap(row.help, _COMMAND_WIDTH, break_on_hyphens=False)
                lines += _columns(f"    {row.usage}", text, _COMMAND_COLUMN)
    return lines


def _columns(left: str, right: list[str], column: int) -> list[str]:
    """Two columns; the right one begins on a line of its own if the left one is too long."""
    first = (
        [f"{left:{column}}{right[0]}"] if len(left) < column else [left, " " * column + right[0]]
    )
    return first + [" " * column + line for line in right[1:]]
