"""Text that others wrote, made safe to be shown. Pure, and light enough for every command."""

from __future__ import annotations

__all__ = ["harmless"]


def harmless(text: str) -> str:
    """The text with every character that does not print replaced by its escape.

    Control characters, line breaks of all kinds, marks that turn the direction of writing, and
    bytes that were no text. So one record stays one line, and no terminal is told anything.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
