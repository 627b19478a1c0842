"""How much waits to be told by the notifiers of one jail, and what is left out if it is too much.

Mails may hang while an attacker has himself banned from ever more addresses. Bans that he caused
are told up to a limit of memory; of what is left out neither ban nor unban is told. What an
operator orders always is.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, TypeVar

from banward.logs import NOTICE
from banward.records import Ban, Origin, Unban

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Backlog"]

_log = logging.getLogger("fail2ban.actions")

_MOST: Final = 32 * 1024 * 1024
"""Bytes that wait, as far as they can be told; once reached, half of it has to be told first."""

_BAN: Final = 1000
"""Bytes of a ban without its lines."""

_Decision = TypeVar("_Decision", bound=Ban | Unban)


class Backlog:
    """The decisions of one jail that wait to be told.

    Args:
        jail: name of the jail, for the log.
    """

    def __init__(self, jail: str) -> None:
        self._jail = jail
        self._size = 0
        self._is_full = False
        self._missed = 0  # bans that are left out since it is full
        self._untold: set[str] = set()  # whose ban was left out and holds

    def admit(self, decisions: Sequence[_Decision]) -> list[_Decision]:
        """Those of some decisions that are to be told; they count until ``told`` is called."""
        return [each for each in decisions if self._is_admitted(each)]

    def _is_admitted(self, decision: Ban | Unban) -> bool:
        if isinstance(decision, Unban):
            was_told = decision.ban.subject not in self._untold
            self._untold.discard(decision.ban.subject)
            return was_told
        if decision.origin is not Origin.OPERATOR and self._leaves_out():
            self._missed += 1
            self._untold.add(decision.subject)
            return False
        self._untold.discard(decision.subject)
        self._size += _size(decision)
        return True

    def _leaves_out(self) -> bool:
        if not self._is_full and self._size >= _MOST:
            self._is_full = True
            _log.warning(
                "[%s] Too many bans wait to be told by actions that only tell of them: "
                "further ones are in force, but not told",
                self._jail,
            )
        return self._is_full

    def told(self, decisions: Sequence[Ban | Unban]) -> None:
        """Take note that these have been told."""
        self._size -= sum(_size(each) for each in decisions if isinstance(each, Ban))
        if self._is_full and self._size < _MOST / 2:
            _log.log(NOTICE, "[%s] Bans are told again, %d were not", self._jail, self._missed)
            self._is_full, self._missed = False, 0


def _size(ban: Ban) -> int:
    captured = sum(len(str(value)) for value in ban.fields.values())
    return _BAN + captured + sum(map(len, ban.lines))
