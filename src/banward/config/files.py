"""Which files make up a configuration object, and in which order; not what is in them."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["shipped_rules"]

RULES_VARIABLE = "BANWARD_RULES"
"""Environment variable: another directory instead of the shipped rules; empty for none."""


def shipped_rules() -> Path | None:
    """The directory of the shipped rules, the ``fallback`` that commands pass to the readers.

    ``BANWARD_RULES`` in the environment names another directory; empty, it switches the
    fallback off, so that only the user's directory is read.
    """
    chosen = os.environ.get(RULES_VARIABLE)
    if chosen is None:
        return Path(__file__).parent.parent / "rules"
    return Path(chosen) if chosen else None
