"""Loads action files that were written for fail2ban, and gives them what they expect to find.

They import ``ActionBase`` and ``CallingMap`` from ``fail2ban.server.action`` or
``fail2ban.server.actions``. Where no such package is installed, modules of these names are made
when the first file is loaded; what they hold is our own.
"""

from __future__ import annotations

import importlib.util
import logging
import sys
import types
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from banward.enforcement.tickets import Ticket
from banward.errors import ActionError
from banward.lean import make_whole
from banward.subject import Subject

if TYPE_CHECKING:
    from banward.enforcement.base import JailFacts

__all__ = ["ActionBase", "ActionInfo", "Address", "CallingMap", "JailFace", "load"]

_REQUIRED: Final = ("start", "stop", "ban", "reban", "unban")


class CallingMap(MutableMapping[str, Any]):
    """A mapping that calls the values which can be called, each time they are asked for."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.data: dict[str, Any] = dict(*args, **kwargs)

    def __getitem__(self, key: str) -> Any:
        value = self.data[key]
        return value() if callable(value) else value

    def __setitem__(self, key: str, value: Any) -> None:
        self.data[key] = value

    def __delitem__(self, key: str) -> None:
        del self.data[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.data)

    def __len__(self) -> int:
        return len(self.data)

    def copy(self) -> CallingMap:
        """Another mapping with the same values, not called yet."""
        return CallingMap(self.data)


class ActionBase:
    """What a Python action is derived from, or looks like.

    Args:
        jail: the jail, as far as actions may see it.
        name: the action's name.
    """

    def __init__(self, jail: Any, name: str) -> None:
        self._jail = jail
        self._name = name
        self._logSys = logging.getLogger(f"fail2ban.{type(self).__name__}")

    def start(self) -> None:
        """Get ready; nothing to do by default."""

    def stop(self) -> None:
        """Clean up; nothing to do by default."""

    def ban(self, aInfo: Mapping[str, Any]) -> None:  # noqa: N803 - the name that actions know
        """Ban; nothing to do by default."""

    def reban(self, aInfo: Mapping[str, Any]) -> None:  # noqa: N803
        """Ban once more; as a ban by default."""
        self.ban(aInfo)

    def unban(self, aInfo: Mapping[str, Any]) -> None:  # noqa: N803
        """Lift a ban; nothing to do by default."""


class Address(str):
    """An address or other id, as actions see it: a text that also knows its family."""

    __slots__ = ()

    @property
    def isIPv4(self) -> bool:  # noqa: N802 - the name that actions know
        """True for an IPv4 address or network."""
        return self.familyStr == "inet4"

    @property
    def isIPv6(self) -> bool:  # noqa: N802
        """True for an IPv6 address or network."""
        return self.familyStr == "inet6"

    @property
    def familyStr(self) -> str | None:  # noqa: N802
        """``inet4``, ``inet6``, or None."""
        family = Subject.parse(str(self)).family
        return family.value if family else None


class ActionInfo(MutableMapping[str, Any]):
    """The ``aInfo`` of one call: the tags of a ban, each made when it is asked for.

    Args:
        ticket: the tags.
        on_loop: calls a function where the jail may be asked, and gives its result.
    """

    def __init__(self, ticket: Ticket, on_loop: Callable[[Callable[[], Any]], Any]) -> None:
        self._ticket = ticket
        self._on_loop = on_loop
        self._own: dict[str, Any] = {}
        self._gone: set[str] = set()

    def __getitem__(self, key: str) -> Any:
        if key in self._own:
            return self._own[key]
        if key in self._gone:
            raise KeyError(key)
        value = self._value(key)
        self._own[key] = value
        return value

    def _value(self, key: str) -> Any:
        if key == "ip-host":
            pair = self._ticket.value(key)
        else:
            pair = self._on_loop(lambda: self._ticket.value(key))
        if pair is None:
            raise KeyError(key)
        return Address(pair[1]) if key in {"ip", "fid"} else pair[1]

    def __setitem__(self, key: str, value: Any) -> None:
        self._own[key] = value
        self._gone.discard(key)

    def __delitem__(self, key: str) -> None:
        self[key]
        self._own.pop(key)
        self._gone.add(key)

    def __iter__(self) -> Iterator[str]:
        names = dict.fromkeys((*Ticket.NAMES, *self._own))
        return (name for name in names if name not in self._gone)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def copy(self) -> ActionInfo:
        """Another mapping with the same values."""
        other = ActionInfo(self._ticket, self._on_loop)
        other._own |= self._own
        other._gone |= self._gone
        return other


class JailFace:
    """A jail as actions see it under ``self._jail``.

    Args:
        facts: the jail.
    """

    database = None
    filter = None

    def __init__(self, facts: JailFacts) -> None:
        self.name = facts.name
        self.actions = _ActionsFace(facts)

    def __str__(self) -> str:
        return f"Jail({self.name!r})"


class _ActionsFace:
    def __init__(self, facts: JailFacts) -> None:
        self._facts = facts

    def getBanTime(self) -> int:  # noqa: N802 - the name that actions know
        """The jail's ban time in seconds."""
        return int(self._facts.bantime)


def load(path: str) -> type[Any]:
    """The class ``Action`` of a file.

    Raises:
        ActionError: the file can't be read or run, or has no such class.
    """
    _offer_names()
    make_whole()
    name = Path(path).stem
    spec = importlib.util.spec_from_file_location(f"banward_action_{name}", path)
    if spec is None or spec.loader is None:
        raise ActionError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # the border to foreign code
        raise ActionError(f"{path}: {type(error).__name__}: {error}") from error
    kind = getattr(module, "Action", None)
    if kind is None:
        raise ActionError(f"{name} module does not have 'Action' class")
    if not isinstance(kind, type) or not all(callable(getattr(kind, n, None)) for n in _REQUIRED):
        what = getattr(kind, "__name__", kind)
        raise ActionError(f"{name} module {what} does not implement required methods")
    return kind


def _offer_names() -> None:
    """Make the modules that actions import, unless somebody installed them."""
    if "fail2ban" in sys.modules or importlib.util.find_spec("fail2ban"):
        return
    package = _module("fail2ban", {})
    package.__path__ = []
    server = _module("fail2ban.server", {})
    server.__path__ = []
    both = {"ActionBase": ActionBase, "CallingMap": CallingMap}
    _module("fail2ban.server.action", both)
    _module("fail2ban.server.actions", both)
    _module("fail2ban.helpers", {"getLogger": logging.getLogger})


def _module(name: str, contents: Mapping[str, Any]) -> types.ModuleType:
    module = types.ModuleType(name, "Made by Banward for actions that were written for fail2ban.")
    vars(module).update(contents)
    sys.modules[name] = module
    parent, _, own = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], own, module)
    return module
