"""``name[option=value, ...]``: how a jail names its filter and its actions; no files are read."""

from __future__ import annotations

__all__ = ["split_actions", "split_reference"]


def split_reference(text: str) -> tuple[str, dict[str, str]]:
    """Split ``name[opt=value, opt2="value"]`` into the name and its parameters (spec 1.7).

    Raises:
        ConfigError: ``kind`` is ``bad-action-syntax``; the message is fail2ban's reason, such as
            ``unexpected option syntax``.
    """
    raise NotImplementedError


def split_actions(text: str) -> list[str]:
    """Split the value of ``action`` into references, at blanks outside of brackets (spec 1.7)."""
    raise NotImplementedError
