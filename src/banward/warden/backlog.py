"""How much waits in a queue of one jail, and what comes later because it is too much.

Commands or mails may hang while an attacker has himself banned from ever more addresses. Bans that
he caused wait up to a limit of memory; an operator's always do. What is left out has its turn when
there is room, if it holds still, as the ledger knows it: without lines and captures.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, TypeVar

from banward.pieces import PIECE
from banward.records import Ban, Origin, Unban

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from banward.decisions.ledger import Ledger

__all__ = ["Backlog"]

_log = logging.getLogger("fail2ban.actions")

_MOST: Final = 32 * 1024 * 1024
"""Bytes of bans that wait; once reached, half of it has to be done first."""

_BAN: Final = 1000
"""Bytes of a ban without its lines."""

_Decision = TypeVar("_Decision", bound=Ban | Unban)


class Backlog:
    """The decisions of one jail that wait for a group of its actions.

    Args:
        jail: name of the jail, for the log.
        whom: for whom they wait, in words.
        ledger: the bans that hold.
    """

    def __init__(self, jail: str, whom: str, ledger: Ledger) -> None:
        self._jail = jail
        self._whom = whom
        self._ledger = ledger
        self._size = 0
        self._is_full = False
        self._waiting: dict[str, Ban] = {}  # by subject, the newest that waits
        self._left_out: dict[str, None] = {}  # whose ban comes later

    def admit(self, decisions: Sequence[_Decision]) -> list[_Decision]:
        """Those of some decisions that are to wait; they do until ``done`` is called."""
        admitted: list[_Decision] = []
        for each in decisions:
            if isinstance(each, Unban):
                if each.ban.subject in self._left_out:  # nobody has to lift what never was
                    del self._left_out[each.ban.subject]
                    continue
            elif self._is_full and each.origin is not Origin.OPERATOR:
                self._left_out[each.subject] = None
                continue
            else:
                self._take(each)
            admitted.append(each)
        return admitted

    def _take(self, ban: Ban) -> None:
        self._waiting[ban.subject] = ban
        self._size += _size(ban)
        if self._size >= _MOST and not self._is_full:
            self._is_full = True
            _log.warning(
                "[%s] Too many bans wait for %s: further ones come later, without their lines",
                self._jail,
                self._whom,
            )

    def done(self, decisions: Sequence[Ban | Unban]) -> list[Ban]:
        """Take note that these wait no more.

        Returns:
            If there is room, some of the bans that were left out: they are to be put now.
        """
        for each in decisions:
            if isinstance(each, Ban):
                self._size -= _size(each)
                if self._waiting.get(each.subject) is each:
                    del self._waiting[each.subject]
        if self._size >= _MOST / 2:
            return []
        self._is_full = False
        return self._made_up()

    def settled(self, bans: Iterable[Ban]) -> list[Ban]:
        """Those of bans whose subjects have no ban that is still to come."""
        waiting, later = self._waiting, self._left_out
        return [ban for ban in bans if ban.subject not in waiting and ban.subject not in later]

    def _made_up(self) -> list[Ban]:
        """A piece of what was left out; first those who came last, who are the most active."""
        again: list[Ban] = []
        while self._left_out and len(again) < PIECE:
            subject, _ = self._left_out.popitem()
            if ban := self._ledger.get(subject):
                again.append(ban)
        return again


def _size(ban: Ban) -> int:
    captured = sum(len(str(value)) for value in ban.fields.values())
    return _BAN + captured + sum(map(len, ban.lines))
