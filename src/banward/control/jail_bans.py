"""Orders to one jail: ban, unban, attempt; and who is banned there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from banward.control import views
from banward.control.table import Args, Command, Group, JailCommand, Kind
from banward.control.values import subject, subjects
from banward.pieces import beside, pieces

if TYPE_CHECKING:
    from banward.control.desk import JailDesk

__all__ = ["ROWS"]

FORCE: Final = "--force"
WITH_TIME: Final = "--with-time"
REPORT_ABSENT: Final = "--report-absent"


async def _ban(jail: JailDesk, args: Args) -> int:
    forced = bool(args) and args[0] == FORCE
    words = args[1:] if forced else args
    chosen = [text async for part in pieces(words) for text in subjects(part)]
    return await jail.ban(chosen, forced=forced)


async def _unban(jail: JailDesk, args: Args) -> int:
    report = args[0] == REPORT_ABSENT
    words = args[1:] if report else args
    chosen = [text async for part in pieces(words) for text in subjects(part)]
    count, absent = await jail.unban(chosen)
    if report and absent:
        raise ValueError(f"not banned: {list(absent)}")
    return count


async def _attempt(jail: JailDesk, args: Args) -> int:
    return await jail.attempt(subject(args[0]), [str(line) for line in args[1:]])


async def _by_end(jail: JailDesk, args: Args) -> list[str]:
    view = views.by_end_with_time if args and args[0] == WITH_TIME else views.by_end
    return await beside(view, jail.bans())


async def _banned(jail: JailDesk, args: Args) -> Any:
    if not args:
        return [ban.subject for ban in jail.bans()]
    words = [word async for part in pieces(args) for word in subjects(part)]
    found = [int(jail.is_banned(word)) for word in words]
    return found if len(args) > 1 else found[0]


def _order(words: str, run: Any, text: str, least: int = 0) -> Command:
    group = Group.JAIL_CONFIGURATION
    return JailCommand(f"set <JAIL> {words}", text, group, Kind.ORDER, least=least, run=run)


_get = JailCommand.view

ROWS: Final[tuple[Command, ...]] = (
    _order(
        "attempt <IP> [<LINE> ... <LINE>]",
        _attempt,
        "count failures of <IP>, one for each line and at least one",
        least=1,
    ),
    _order(
        "banip [--force] <IP> ... <IP>",
        _ban,
        "ban each <IP>; with the option also networks broader than /16 (IPv4) or /32 (IPv6)",
    ),
    _order(
        "unbanip [--report-absent] <IP> ... <IP>",
        _unban,
        "lift the ban of each <IP>; with the option it is an error if one was not banned",
        least=1,
    ),
    _get("banned", _banned, "show who is banned, in the order of banning"),
    _get("banned <IP> ... <IP>", _banned, "show 1 for each <IP> that is banned, else 0"),
    _get(
        "banip [<SEP>|--with-time]",
        _by_end,
        "show who is banned, those first whose ban ends first, with <SEP> between (a blank if "
        "left out) or with the times of each ban",
    ),
)
"""All rows of this file, in the order of the usage text."""
