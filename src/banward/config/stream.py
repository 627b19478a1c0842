"""A configuration as fail2ban's command stream: what ``-d`` prints and the server is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from banward.config.model import Configuration

__all__ = ["stream"]

Command = list[Any]
"""One command: words, numbers, booleans, None, lists of pairs, and for ``thread`` a dict."""


def stream(configuration: Configuration, *, report: bool = False) -> list[Command]:
    """The commands that build this configuration (spec server-and-client.md 1.8).

    Options that only Banward knows come as ``['set', JAIL, 'banward', OPTION, VALUE]`` or
    ``['set', 'banward', OPTION, VALUE]``, and only if they are set.

    Args:
        configuration: what was read.
        report: also put in a ``['config-error', TEXT]`` for each problem that fail2ban would
            have stopped at, so that the server's log tells of it.
    """
    raise NotImplementedError
