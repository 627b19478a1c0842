"""Values that an action's files declare secret, hidden in all that is shown. Pure.

An action names its parameters that nobody is to read (keys, passwords) in its parameter
``secrets``. Commands that carry them are shown with ``MASK`` in the place of the values.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

__all__ = ["MASK", "SECRETS", "is_secret", "masked", "secret_names", "without"]

SECRETS: Final = "secrets"
"""The parameter of an action that names its secret parameters, with blanks or commas between."""

MASK: Final = "***"
"""What is shown instead of a secret value."""

_SEPARATOR: Final = re.compile(r"[\s,]+")
_SHORTEST: Final = 4  # characters: a shorter value would blot out half of what is shown


def secret_names(text: str) -> frozenset[str]:
    """The names in a parameter ``secrets``."""
    return frozenset(filter(None, _SEPARATOR.split(text)))


def is_secret(name: str, secrets: frozenset[str]) -> bool:
    """Whether a parameter is secret; those for one address family are as the one for all."""
    return name.partition("?")[0] in secrets


def without(text: str, values: tuple[str, ...]) -> str:
    """A text in which secret values are hidden, if they are long enough to be found."""
    for value in values:
        if len(value) >= _SHORTEST:
            text = text.replace(value, MASK)
    return text


def masked(command: Any) -> Any:
    """A command for the server, or a list of them, with secret values hidden.

    Args:
        command: words, as they are sent.
    """
    match command:
        case ["multi-set", jail, "action", name, [*pairs]]:
            return ["multi-set", jail, "action", name, _masked_pairs(pairs)]
        case ["set", jail, "addaction", name, file, params]:
            return ["set", jail, "addaction", name, file, _masked_arguments(params)]
        case ["reload" | "server-stream" as word, *rest]:
            return [word, *(_masked_all(part) for part in rest)]
    return command


def _masked_all(part: Any) -> Any:
    return [masked(each) for each in part] if isinstance(part, (list, tuple)) else part


def _masked_pairs(pairs: list[Any]) -> list[Any]:
    named = [pair for pair in pairs if isinstance(pair, (list, tuple)) and len(pair) == 2]  # noqa: PLR2004 - a pair
    secrets = secret_names(next((str(value) for name, value in named if name == SECRETS), ""))
    return [
        [pair[0], MASK] if pair in named and is_secret(str(pair[0]), secrets) and pair[1] else pair
        for pair in pairs
    ]


def _masked_arguments(params: Any) -> Any:
    try:
        found = json.loads(params) if isinstance(params, str) else params
        secrets = secret_names(str(found.get(SECRETS, "")))
    except (ValueError, AttributeError):
        return params
    hidden = {name: MASK if is_secret(name, secrets) else value for name, value in found.items()}
    return json.dumps(hidden) if isinstance(params, str) else hidden
