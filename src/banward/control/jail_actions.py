"""Commands about the actions of a jail: their list, parameters and methods (5.3)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from banward.control.table import Args, Command, Group, JailCommand
from banward.control.values import span
from banward.masking import MASK, is_secret
from banward.settings import ActionSettings

if TYPE_CHECKING:
    from banward.control.desk import JailDesk

__all__ = ["COMMANDS", "METHODS", "ROWS"]

COMMANDS: Final = (
    *("actionban", "actioncheck", "actionflush", "actionreban", "actionreload", "actionrepair"),
    *("actionstart", "actionstop", "actionunban"),
)
"""The commands that every shell action has, empty where nothing is to be done."""

METHODS: Final = (
    *("ban", "clearAllParams", "consistencyCheck", "escapeTag", "executeCmd", "flush"),
    *("invalidateBanEpoch", "prolong", "reban", "reload", "replaceDynamicTags", "replaceTag"),
    *("start", "stop", "unban"),
)
"""The methods that the reference's shell actions have, in the order in which they are shown."""

_HIDDEN: Final = ("ESCAPE_CRE", "ESCAPE_VN_CRE", "banEpoch")
"""Attributes of the reference's object that clients see; they have no value here."""

_TIMEOUT: Final = 60


def _action(jail: JailDesk, name: Any) -> ActionSettings:
    for action in jail.settings.actions:
        if action.name == name:
            return action
    raise KeyError(f"Invalid Action name: {name}")


def _properties(jail: JailDesk, action: ActionSettings) -> dict[str, Any]:
    if python := jail.python_action(action.name):
        return dict(python.properties())
    timeout = span(action.params.get("timeout", _TIMEOUT))
    return {
        **dict.fromkeys(_HIDDEN),
        **dict.fromkeys(COMMANDS, ""),
        **action.params,
        "timeout": timeout,
    }


def _methods(jail: JailDesk, args: Args) -> list[str]:
    action = _action(jail, args[0])
    python = jail.python_action(action.name)
    return sorted(python.methods()) if python else list(METHODS)


def _property(jail: JailDesk, args: Args) -> Any:
    action = _action(jail, args[0])
    try:
        value = _properties(jail, action)[args[1]]
        return MASK if value and is_secret(args[1], action.secrets) else value
    except KeyError:
        kind = "Action" if action.python_file else "CommandAction"
        raise AttributeError(f"{kind!r} object has no attribute {args[1]!r}") from None


async def _add(jail: JailDesk, args: Args) -> str:
    name = str(args[0])
    if any(action.name == name for action in jail.settings.actions):
        raise ValueError(f"Action {name} already exists")
    file = str(args[1]) if len(args) > 1 else ""
    params = _arguments(args[2:]) if file else {}
    added = ActionSettings(name, {key: str(value) for key, value in params.items()}, file)
    await jail.change(actions=(*jail.settings.actions, added))
    return name


def _arguments(args: Args) -> dict[str, Any]:
    """Named arguments, given as JSON or, in a stream, as they are."""
    if not args or not args[0]:
        return {}
    found = json.loads(args[0]) if isinstance(args[0], str) else args[0]
    if not isinstance(found, dict):
        raise TypeError(f"expected a JSON object with named arguments, not {args[0]!r}")
    return found


async def _remove(jail: JailDesk, args: Args) -> None:
    removed = _action(jail, args[0])
    await jail.change(actions=tuple(a for a in jail.settings.actions if a is not removed))


async def _configure(jail: JailDesk, args: Args) -> Any:
    """Set a parameter, several (from a stream), or call a method."""
    action, what = _action(jail, args[0]), args[1]
    python = jail.python_action(action.name)
    if isinstance(what, list):
        return await _set_parameters(jail, action, {str(key): value for key, value in what})
    if what in (python.methods() if python else METHODS):
        return await jail.call_action(action.name, what, _arguments(args[2:]))
    if python:
        return await python.set(what, args[2])
    await _set_parameters(jail, action, {what: args[2]})
    return _property(jail, args)


async def _set_parameters(jail: JailDesk, action: ActionSettings, values: dict[str, Any]) -> bool:
    texts = {key: str(span(v) if key == "timeout" else v) for key, v in values.items()}
    changed = replace(action, params={**action.params, **texts})
    await jail.change(actions=tuple(changed if a is action else a for a in jail.settings.actions))
    return True


_PARTS: Final = {
    "actionstart": "the command at the start",
    "actionstop": "the command at the stop",
    "actioncheck": "the command that checks",
    "actionban": "the command that bans",
    "actionunban": "the command that lifts a ban",
    "timeout": "after how many seconds a command is ended",
}

_get, _set = JailCommand.view, JailCommand.setting

ROWS: Final[tuple[Command, ...]] = (
    _set(
        "addaction <ACT> [<PYTHONFILE> <JSON>]",
        _add,
        "add an action that runs commands, or one that a Python file defines, with named arguments",
        Group.JAIL_CONFIGURATION,
    ),
    _set(
        "delaction <ACT>",
        _remove,
        "remove the action, without lifting bans through it",
        Group.JAIL_CONFIGURATION,
    ),
    *(
        _set(f"action <ACT> {name} <VALUE>", _configure, f"set {text}", Group.COMMAND_ACTION)
        for name, text in _PARTS.items()
    ),
    _set(
        "action <ACT> <PROPERTY> <VALUE>",
        _configure,
        "set a parameter of the action",
        Group.ANY_ACTION,
    ),
    _set(
        "action <ACT> <METHOD> [JSON]",
        _configure,
        "call a method of the action with named arguments",
        Group.ANY_ACTION,
    ),
    _get(
        "actions",
        lambda jail, _: [action.name for action in jail.settings.actions],
        "show the actions",
        Group.JAIL_INFORMATION,
    ),
    *(
        _get(
            f"action <ACT> {name}",
            _property,
            f"show {text}",
            Group.COMMAND_ACTION_INFORMATION,
            least=2,
        )
        for name, text in _PARTS.items()
    ),
    _get(
        "actionproperties <ACT>",
        lambda jail, args: sorted(_properties(jail, _action(jail, args[0]))),
        "show the names of the parameters",
        Group.ANY_ACTION_INFORMATION,
        least=1,
    ),
    _get(
        "actionmethods <ACT>",
        _methods,
        "show the names of the methods",
        Group.ANY_ACTION_INFORMATION,
        least=1,
    ),
    _get(
        "action <ACT> <PROPERTY>",
        _property,
        "show a parameter of the action",
        Group.ANY_ACTION_INFORMATION,
        least=2,
    ),
)
"""All rows of this file, in the order of the usage text."""
