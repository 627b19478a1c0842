"""The answer to ``why ADDRESS``: what each jail knows of a subject, as plain values. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from banward.control.desk import Account, Desk, JailDesk
    from banward.records import Ban

__all__ = ["view"]


def view(desk: Desk, subject: str) -> dict[str, Any]:
    """Why a subject is banned, or why it is not.

    Args:
        desk: the server.
        subject: canonical text.

    Returns:
        ``subject``, ``protected`` (why no log can get it banned) and ``jails``, a list with one
        entry for each jail that knows something. Times are seconds since the epoch.
    """
    return {
        "subject": subject,
        "protected": desk.protection(subject),
        "jails": list(_jails(desk, subject)),
    }


def _jails(desk: Desk, subject: str) -> Iterator[dict[str, Any]]:
    for name, jail in sorted(desk.jails.items()):
        account = jail.account(subject)
        if any((account.bans, account.count, account.ignored, account.verdicts, account.history)):
            yield {"jail": name, **_known(jail, account)}


def _known(jail: JailDesk, account: Account) -> dict[str, Any]:
    settings, count = jail.settings, account.count
    return {
        "bans": [_ban(ban, account) for ban in account.bans],
        "failures": count.count if count else 0,
        "failed": [count.first, count.last] if count else [],
        "lines": list(count.lines) if count else [],
        "maxretry": settings.maxretry,
        "findtime": settings.findtime,
        "ignored": account.ignored,
        "verdicts": [list(verdict) for verdict in account.verdicts],
        "history": [
            {"at": b.at, "bantime": b.bantime, "failures": b.failures, "bancount": b.bancount}
            for b in account.history
        ],
    }


def _ban(ban: Ban, account: Account) -> dict[str, Any]:
    # The matched lines of a ban in force are kept in the database alone.
    of_ban = (each for each in account.history if each.subject == ban.subject)
    stored = next((each for each in of_ban if int(each.at) == int(ban.at)), None)
    return {
        "subject": ban.subject,
        "at": ban.at,
        "bantime": ban.bantime,
        "origin": str(ban.origin),
        "reason": str(ban.reason),
        "failures": ban.failures,
        "bancount": ban.bancount,
        "lines": list(stored.lines if stored else ban.lines),
    }
