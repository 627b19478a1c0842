"""What looks for the lines of jails, one engine for all of them, without measuring which is best."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from banward.matching import pcre2
from banward.matching.automaton import Automaton, library
from banward.matching.engines import Engines
from banward.matching.prefilter import Prefilter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from banward.matching.block_filter import BlockFilter

__all__ = ["ENGINES", "hyperscan", "literals", "sweep"]


def literals(filters: Mapping[str, BlockFilter]) -> Engines:
    """All jails by literals, where they have some."""
    needs = {name: rule.needs for name, rule in filters.items() if rule.needs is not None}
    return Engines([(Prefilter(needs), needs)])


def hyperscan(filters: Mapping[str, BlockFilter]) -> Engines:
    """All jails by Hyperscan, where it can take them."""
    loosened = {name: rule.loosened for name, rule in filters.items() if rule.loosened}
    return Engines([(Automaton(loosened), loosened)] if loosened else [])


def sweep(filters: Mapping[str, BlockFilter]) -> Engines:
    """All jails by PCRE2, where it can take them."""
    return Engines([], [name for name, rule in filters.items() if rule.sweep])


ENGINES: Final = (
    literals,
    *([hyperscan] if library() else []),
    *([sweep] if pcre2.library() else []),
)
"""Those that there are here."""
