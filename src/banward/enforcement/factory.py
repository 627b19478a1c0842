"""Makes the enforcer of an action from its settings: one table from kind to factory.

What enforcers of different jails share (the connection to the kernel's tables) lives here too.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from banward.clock import SystemClock
from banward.enforcement import nft_plan
from banward.enforcement.claims import Claims
from banward.enforcement.families import FamiliesAction
from banward.enforcement.ipset import IpsetFamily, IpsetLayout
from banward.enforcement.iptables import IptablesFamily
from banward.enforcement.iptables_layout import Layout
from banward.enforcement.nft import Nft
from banward.enforcement.nft_sets import state_of
from banward.enforcement.nftables import NftablesAction
from banward.enforcement.python import PythonAction
from banward.enforcement.recorder import NullAction, RecorderAction
from banward.enforcement.shell import ShellAction
from banward.enforcement.watch import FilterWatch
from banward.errors import ActionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from banward.clock import Clock
    from banward.enforcement.base import Enforcer, JailFacts
    from banward.enforcement.watch import Writer
    from banward.settings import ActionSettings

__all__ = ["Backends"]

_Layout = TypeVar("_Layout")


class Backends:
    """Builds enforcers, and owns what they share.

    Args:
        clock: tells how long a ban still lasts.

    Attributes:
        allow_ipv6: false if actions that are built from then on start nothing for IPv6.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock: Clock = clock or SystemClock()
        self.allow_ipv6 = True
        self._nft: dict[str, Nft] = {}
        self._claims = Claims()
        self._pids: set[int] = set()

    def build(self, settings: ActionSettings, jail: JailFacts) -> Enforcer:
        """The enforcer of an action: by its parameter ``native``, its Python file, else a shell.

        Raises:
            ActionError: the parameters or the Python file can't be used.
        """
        if settings.python_file:
            return PythonAction(settings, jail)
        native = settings.params.get("native", "").strip()
        factory = _NATIVE.get(native)
        if factory is None:
            known = ", ".join(sorted(filter(None, _NATIVE)))
            raise ActionError(
                f"action {settings.name} of jail {jail.name}: option native: found {native!r}, "
                f"expected one of {known}, or nothing for shell commands"
            )
        return factory(self, settings, jail)

    def watch(self, changed: Callable[[], None]) -> FilterWatch | None:
        """Look out for foreign changes of the packet filter, in the running event loop.

        Args:
            changed: is called when somebody else changed it; then ``sync`` tells what differs.

        Returns:
            What to close in the end; None if this kernel tells nobody.
        """
        try:
            return FilterWatch(self._is_own, changed)
        except OSError:
            return None

    def _is_own(self, writer: Writer) -> bool:
        return writer.pid in self._pids or any(
            writer.name == nft.thread_name or writer.pid in nft.pids for nft in self._nft.values()
        )

    async def sweep(self, active: Iterable[Enforcer]) -> list[str]:
        """Remove what jails of an earlier process left in nftables and nobody owns any more.

        Args:
            active: all enforcers that were started.

        Returns:
            The names of the sets that were removed.

        Raises:
            ActionError: nftables can't be read or changed.
        """
        layouts = [action.layout for action in active if isinstance(action, NftablesAction)]
        living = {layout.owner for layout in layouts}
        names: list[str] = []
        for nft in self._nft.values():
            for place in {"inet f2b-table"} | {layout.place for layout in layouts}:
                sets = {n for lay in layouts if lay.place == place for _, n in lay.sets}
                async with nft.lock:
                    state = await state_of(nft, place)
                    found, lines = nft_plan.strays(state, place, living=living, sets=sets)
                    if lines:
                        await nft.change("\n".join(lines))
                names += found
        return names

    async def close(self) -> None:
        """Let go of shared connections; bans stay as they are."""
        for nft in self._nft.values():
            await nft.close()
        self._nft.clear()

    def _nftables(self, settings: ActionSettings, jail: JailFacts) -> Enforcer:
        if _lets_in(settings):
            return self._shell(settings, jail)
        program = settings.params.get("nftables", "").strip() or "nft"
        nft = self._nft.setdefault(program, Nft(program))
        return NftablesAction(settings, jail, nft, self._claims, self._clock)

    def _iptables(self, settings: ActionSettings, jail: JailFacts) -> Enforcer:
        if _lets_in(settings):
            return self._shell(settings, jail)
        return FamiliesAction(
            settings,
            jail,
            read=self._reader(Layout.read, jail),
            make=lambda layout: IptablesFamily(layout, self._pids),
        )

    def _ipset(self, settings: ActionSettings, jail: JailFacts) -> Enforcer:
        return FamiliesAction(
            settings,
            jail,
            read=self._reader(IpsetLayout.read, jail),
            make=lambda layout: IpsetFamily(layout, self._pids, self._clock),
        )

    def _reader(
        self, read: Callable[..., _Layout], jail: JailFacts
    ) -> Callable[[ActionSettings, str], _Layout]:
        def read_settings(settings: ActionSettings, family: str) -> _Layout:
            owner = f"{jail.name}\n{settings.name}"
            return read(
                settings.params,
                family,
                jail=jail.name,
                action=settings.name,
                claim=partial(self._claims.claim, owner),
            )

        return read_settings

    def _shell(self, settings: ActionSettings, jail: JailFacts) -> Enforcer:
        return ShellAction(settings, jail, self._clock, allow_ipv6=self.allow_ipv6)

    def _null(self, settings: ActionSettings, jail: JailFacts) -> Enforcer:
        return NullAction(settings, jail)

    def _recorder(self, settings: ActionSettings, jail: JailFacts) -> Enforcer:
        return RecorderAction(settings, jail)


_NATIVE: Final[dict[str, Callable[[Backends, ActionSettings, JailFacts], Enforcer]]] = {
    "": Backends._shell,  # noqa: SLF001 - the table belongs to the class
    "nftables": Backends._nftables,  # noqa: SLF001
    "iptables": Backends._iptables,  # noqa: SLF001
    "ipset": Backends._ipset,  # noqa: SLF001
    "null": Backends._null,  # noqa: SLF001
    "recorder": Backends._recorder,  # noqa: SLF001
}


def _lets_in(settings: ActionSettings) -> bool:
    """Whether a jail lets in whom it finds, and nobody else.

    Its rules have to stand from the start, and hold few entries: the commands of the action do it.
    """
    return settings.params.get("returntype", "").strip().upper() not in {"", "RETURN"}
