"""The methods of an action that clients may call by name (server-and-client.md 5.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from banward.errors import ActionError
from banward.records import ENDLESS, Ban, Origin, Reason, Unban
from banward.settings import ActionSettings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from banward.enforcement.base import Enforcer, JailFacts
    from banward.records import Outcome

__all__ = ["call"]

_PLAIN_KEYS = frozenset({"ip", "fid", "time", "bantime", "failures", "bancount", "matches"})


async def call(
    enforcer: Enforcer, jail: JailFacts, method: str, arguments: Mapping[str, Any]
) -> Any:
    """Call a method with keyword arguments, and return its answer.

    Raises:
        AttributeError: there is no such method.
        ActionError: it failed.
    """
    over_bans: dict[str, Callable[[Sequence[Ban]], Awaitable[list[Outcome]]]] = {
        "ban": enforcer.ban,
        "reban": enforcer.reban,
        "prolong": enforcer.prolong,
        "unban": lambda bans: enforcer.unban([Unban(ban, Reason.ORDERED) for ban in bans]),
    }
    plain: dict[str, Callable[[], Awaitable[Any]]] = {
        "start": enforcer.start,
        "stop": enforcer.stop,
        "flush": enforcer.flush,
        "consistencyCheck": enforcer.check,
    }
    if method in over_bans:
        _raise_errors(await over_bans[method]([_ban(jail, arguments.get("aInfo") or {})]))
        return None
    if method in plain:
        return await plain[method]()
    if method == "reload":
        await enforcer.reload(
            ActionSettings(enforcer.name, {k: str(v) for k, v in arguments.items()})
        )
        return None
    raise AttributeError(f"action {enforcer.name} has no method {method!r} that can be called")


def _ban(jail: JailFacts, info: Mapping[str, Any]) -> Ban:
    """A ban from an ``aInfo`` as clients write it; ``ip`` is all that it needs."""
    lines = info.get("matches") or ()
    return Ban(
        jail=jail.name,
        subject=str(info.get("fid") or info.get("ip") or ""),
        at=float(info.get("time") or 0),
        bantime=float(info.get("bantime", ENDLESS)),
        origin=Origin.OPERATOR,
        reason=Reason.ORDERED,
        failures=int(info.get("failures") or 0),
        bancount=int(info.get("bancount") or 1),
        lines=tuple(lines.split("\n") if isinstance(lines, str) else map(str, lines)),
        fields={k.removeprefix("F-").lower(): v for k, v in info.items() if k not in _PLAIN_KEYS},
    )


def _raise_errors(outcomes: Sequence[Outcome]) -> None:
    errors = [outcome.error for outcome in outcomes if outcome.error]
    if errors:
        raise ActionError("; ".join(errors))
