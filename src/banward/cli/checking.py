"""The check of a whole configuration, with the shipped rules and the filter engine at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from banward.cli.filter_audit import compile_filter, weak_spots
from banward.config import shipped_rules
from banward.config.check import check_configuration

if TYPE_CHECKING:
    from banward.config.model import Configuration

__all__ = ["check"]


def check(config: str, *, audit: bool = False) -> Configuration:
    """Read a configuration, and find all that is wrong with it.

    Args:
        config: the user's directory (``-c``).
        audit: whether to look for patterns that can be steered or that explode, too.
    """
    return check_configuration(
        config,
        fallback=shipped_rules(),
        try_filter=compile_filter,
        audit=weak_spots if audit else None,
    )
