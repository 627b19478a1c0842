"""Reads a whole configuration; knows the order of reading, and nothing of what it is used for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from banward.config.model import Configuration, ServerDefinition

__all__ = ["read_configuration", "read_server"]


def read_server(
    config_dir: Path | str,
    *,
    fallback: Path | str | None = None,
    overrides: Mapping[str, str] | None = None,
) -> ServerDefinition:
    """Read only the daemon's options: what a client needs to find its server.

    Args:
        config_dir: the user's directory (``-c``).
        fallback: the shipped rules, read where the user has no file; None for none.
        overrides: options of the command line by name (``loglevel``, ``socket``, ...).

    Raises:
        ConfigError: a file can't be read or understood, or the log level is unknown.
    """
    raise NotImplementedError


def read_configuration(
    config_dir: Path | str,
    *,
    fallback: Path | str | None = None,
    jail: str | None = None,
    test: bool = False,
    dump: bool = False,
    root: str = "",
    overrides: Mapping[str, str] | None = None,
) -> Configuration:
    """Read everything: the daemon's options and the enabled jails with filters and actions.

    Never raises for what files hold: each problem is in ``Configuration.problems``, the first
    that fail2ban would stop at is ``Configuration.fatal``, and whatever is sound is read all the
    same.

    Args:
        config_dir: the user's directory (``-c``).
        fallback: the shipped rules, read where the user has no file; None for none. Commands
            pass ``shipped_rules()``.
        jail: read only this jail (``reload JAIL``); unknown: a fatal problem ``No section``.
        test: as for ``-t``: affects ``log`` only.
        dump: as for ``-d``: a missing log file is a warning, not fatal.
        root: put before absolute log paths when they are looked for, and cut off again.
        overrides: options of the command line by name (``loglevel``, ``logtarget``, ...).
    """
    raise NotImplementedError
