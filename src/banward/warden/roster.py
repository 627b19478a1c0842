"""Which actions a jail has, and with which settings each of them was built or changed last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from banward.errors import ActionError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from banward.enforcement.base import Enforcer, JailFacts
    from banward.settings import ActionSettings
    from banward.warden.in_force import InForce
    from banward.warden.shared import Shared
    from banward.warden.telling import Telling

__all__ = ["Roster"]


class Roster:
    """The actions of one jail, by name.

    Args:
        facts: what actions may ask of the jail.
        shared: what jails use together.
        in_force: watches over those that ban.
        telling: writes the log.
    """

    def __init__(
        self, facts: JailFacts, shared: Shared, in_force: InForce, telling: Telling
    ) -> None:
        self._facts = facts
        self._shared = shared
        self._in_force = in_force
        self._telling = telling
        self._enforcers: dict[str, Enforcer] = {}
        self._settings: dict[str, ActionSettings] = {}

    @property
    def enforcers(self) -> list[Enforcer]:
        """The actions, in their order."""
        return list(self._enforcers.values())

    def get(self, name: str) -> Enforcer | None:
        """The action of a name."""
        return self._enforcers.get(name)

    def build(self, settings: ActionSettings) -> Enforcer | None:
        """A new action; None if it can't be built, which is told."""
        try:
            enforcer = self._shared.backends.build(settings, self._facts)
        except ActionError as error:
            self._telling.failed_to("load", settings.name, error)
            return None
        self._enforcers[settings.name] = enforcer
        self._settings[settings.name] = settings
        self._in_force.add(enforcer)
        return enforcer

    def remove(self, enforcer: Enforcer) -> None:
        """Let go of an action."""
        del self._enforcers[enforcer.name], self._settings[enforcer.name]
        self._in_force.drop(enforcer.name)

    def clear(self) -> None:
        """Let go of all."""
        self._enforcers.clear()
        self._settings.clear()

    def gone(self, wanted: Mapping[str, ActionSettings]) -> list[Enforcer]:
        """Those that are not wanted as what they are: one that is to ban from now on is another."""
        return [each for each in self.enforcers if not _goes_on(each, wanted.get(each.name))]

    def takes(self, settings: ActionSettings) -> bool:
        """Take note of the settings of an action that is there; tells whether they are new."""
        before = self._settings[settings.name]
        self._settings[settings.name] = settings
        return settings != before

    async def take_over(self, enforcer: Enforcer) -> None:
        """Bring what an action left at a restart of the jail to the parameters of its successor."""
        settings = self._settings[enforcer.name]
        try:
            await self._shared.left.take_over(self._facts.name, enforcer, settings)
        except ActionError as error:
            self._telling.failed_to("reload", enforcer.name, error)


def _goes_on(enforcer: Enforcer, settings: ActionSettings | None) -> bool:
    if settings is None:
        return False
    is_to_ban = bool(settings.params.get("actionunban", "").strip())
    return enforcer.keeps or enforcer.is_retried == is_to_ban
