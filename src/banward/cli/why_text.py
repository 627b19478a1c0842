"""How the answer to ``why ADDRESS`` reads on the terminal. Pure, save for the local time zone."""

from __future__ import annotations

import time

from banward.printable import harmless
from banward.timespan import human

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

__all__ = ["text"]


def text(answer: dict[str, Any]) -> str:
    """The answer in whole sentences.

    Args:
        answer: what ``banward.control.why.view`` gives.
    """
    return "\n".join(_lines(answer))


def _lines(answer: dict[str, Any]) -> Iterator[str]:
    yield harmless(answer["subject"])
    if answer["protected"]:
        yield f"  No log can get it banned: {harmless(answer['protected'])}."
    for known in answer["jails"]:
        yield f"[{known['jail']}]"
        yield from (f"  {line}" for line in _of_jail(known))
    if not answer["jails"]:
        yield "  No jail knows anything of it."


def _of_jail(known: dict[str, Any]) -> Iterator[str]:
    for ban in known["bans"]:
        yield from _ban(ban, known)
    if known["failures"]:
        since, until = map(_moment, known["failed"])
        limit = f"{known['maxretry']} within {human(known['findtime'])} lead to a ban"
        yield f"Failures: {known['failures']}, from {since} to {until}; {limit}."
        yield from (f"  {harmless(line)}" for line in known["lines"])
    if known["ignored"]:
        yield f"Its failures are ignored ({harmless(known['ignored'])})."
    for at, reason, detail, times in known["verdicts"]:
        often = f", {times} times" if times > 1 else ""
        yield f"{_moment(at)}: {reason}{often}{f' ({harmless(detail)})' if detail else ''}."
    in_force = {(int(ban["at"])) for ban in known["bans"]}
    for ban in known["history"]:
        if int(ban["at"]) not in in_force:
            yield f"Was banned at {_moment(ban['at'])}, {_length(ban['bantime'])}{_cause(ban)}."


def _ban(ban: dict[str, Any], known: dict[str, Any]) -> Iterator[str]:
    end = "for ever" if ban["bantime"] < 0 else f"until {_moment(ban['at'] + ban['bantime'])}"
    number = f", ban number {ban['bancount']}" if ban["bancount"] > 1 else ""
    whom = f" as {ban['subject']}" if "/" in ban["subject"] else ""
    yield f"Banned{whom} since {_moment(ban['at'])} {end}{number}: {_why(ban, known)}"
    yield from (f"  {harmless(line)}" for line in ban["lines"])


def _why(ban: dict[str, Any], known: dict[str, Any]) -> str:
    if not ban["failures"]:
        return f"{ban['reason']}."
    limit = f"{known['maxretry']} within {human(known['findtime'])}"
    return f"{ban['failures']} failures, where {limit} are allowed."


def _cause(ban: dict[str, Any]) -> str:
    return f", after {ban['failures']} failures" if ban["failures"] else ""


def _length(bantime: float) -> str:
    return "for ever" if bantime < 0 else f"for {human(bantime)}"


def _moment(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))
