"""Addresses of host names, for the time of one run. Asks the system's resolver, and remembers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from banward.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Names"]

_MOST = 1000  # names that are remembered (config-and-filters.md 2.4)


class Names:
    """Looks host names up.

    Args:
        tell: is told of each look-up, with its result.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._known: dict[str, tuple[str, ...]] = {}

    def addresses(self, name: str) -> tuple[str, ...]:
        """The addresses of a name, in canonical form; empty if it has none."""
        known = self._known.get(name)
        if known is not None:
            return known
        found = self._look_up(name)
        if len(self._known) >= _MOST:
            del self._known[next(iter(self._known))]
        self._known[name] = found
        return found

    def _look_up(self, name: str) -> tuple[str, ...]:
        import socket  # noqa: PLC0415 - most runs look nothing up

        try:
            answers = socket.getaddrinfo(name, None, proto=socket.IPPROTO_TCP)
        except (OSError, UnicodeError) as error:
            self._tell(f"Unable to find a corresponding IP address for {name}: {error}")
            return ()
        found = tuple(dict.fromkeys(Subject.parse(str(answer[4][0])).text for answer in answers))
        self._tell(f"Determined IP using DNS Lookup: {name} = {set(found)}")
        return found
