"""One date pattern, as a regex that is compiled at its first use. Knows nothing of its siblings."""

from __future__ import annotations

__all__ = ["Template"]


class Template:
    """A date pattern of a detector, with what it met so far.

    Attributes:
        pattern: the text as it was given, after ``%%`` became ``%``; empty for none.
        name: how reports call it (config-and-filters.md 3.4).
        hits: how many lines it was used for.
        weight: its claim to an earlier place (config-and-filters.md 3.5).
    """

    pattern: str
    name: str
    hits: int
    weight: float

    @property
    def regex(self) -> str:
        """The text of the regex that is searched in lines."""
        raise NotImplementedError
