"""What may come out of a pickle: plain values, of bounded number, size and depth.

A message of a few bytes can stand for more values than there is memory, or for a value that holds
itself, as values are shared within it. It knows nothing of opcodes.
"""

from __future__ import annotations

from banward.control.failure import Failure
from banward.errors import WireError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Final

__all__ = ["CALLS", "DEPTH", "NODES", "HostileError", "copied", "expect", "keys", "number"]

DEPTH: Final = 32
"""How deep values may be nested."""

NODES: Final = 4_000_000
"""How many values a message may stand for, and how many letters beyond those that it carries."""

_INTEGER_BYTES: Final = 16

_SCALARS: Final = {type(None), bool, int, float, str, bytes}
_GROUPS: Final = {list, tuple, set, frozenset}
_TEXTS: Final = {str}
_SIZED: Final = {str, bytes, dict, *_GROUPS}


class HostileError(WireError):
    """A message that wants more than plain values; its sender is not to be talked to."""


def copied(value: Any, size: int) -> Any:
    """A copy of what was read, in which nothing is shared.

    Args:
        value: what was read.
        size: how many bytes the message had.

    Raises:
        HostileError: it is not plain, too deep, or too much.
    """
    return _Copy(size).of(value, DEPTH)


def number(data: bytes) -> int:
    """A two's complement little-endian number.

    Raises:
        HostileError: it is larger than any that is meant.
    """
    if len(data) > _INTEGER_BYTES:
        raise HostileError("a number is too large")
    return int.from_bytes(data, "little", signed=True)


def expect(value: Any, kind: type) -> Any:
    """The value, if it is of this type."""
    if not isinstance(value, kind):
        raise WireError(f"broken message: {kind.__name__.strip('_')} expected")
    return value


def keys(values: Sequence[Any]) -> Sequence[Any]:
    """Values that may be keys.

    A tuple that holds itself many times over, or is nested a million deep, would keep the hash
    function busy for ever or end the process.
    """
    if not all(type(value) in _SCALARS for value in values):
        raise HostileError("keys must be plain")
    return values


def _string(text: str = "") -> str:
    """What the reference writes for addresses, and Python 2 for text."""
    return str(expect(text, str))


def _bytes(text: str = "", encoding: str = "latin1") -> bytes:
    """What Python 3 writes for bytes in protocols below 3."""
    if encoding != "latin1":
        raise HostileError(f"encoding {encoding!r} is forbidden")
    return bytes(expect(text, str), "latin-1")


def _set(values: Sequence[Any] = ()) -> set[Any]:
    """What protocols below 4 write for sets."""
    return set(keys(expect(values, list)))


def _frozenset(values: Sequence[Any] = ()) -> frozenset[Any]:
    """The same for frozen ones."""
    return frozenset(_set(values))


CALLS: Final[dict[str, Callable[..., Any]]] = {
    **dict.fromkeys(("builtins.str", "__builtin__.str", "__builtin__.unicode"), _string),
    **dict.fromkeys(("builtins.bytes", "__builtin__.bytes", "_codecs.encode"), _bytes),
    **dict.fromkeys(("builtins.set", "__builtin__.set"), _set),
    **dict.fromkeys(("builtins.frozenset", "__builtin__.frozenset"), _frozenset),
}
"""Names that are no danger, and what is done in their place."""


class _Copy:
    """Copies values, and counts what is left of their number.

    Args:
        size: how many bytes the message had.
    """

    def __init__(self, size: int) -> None:
        self.left = NODES + size

    def of(self, value: Any, depth: int) -> Any:
        """A plain copy of a value."""
        kind = type(value)
        self.left -= len(value) + 1 if kind in _SIZED else 1
        if self.left < 0:
            raise HostileError("the message stands for too many values")
        if kind in _SCALARS:
            return value
        if depth == 0:
            raise HostileError("values are nested too deeply")
        if kind is dict:
            return {self.of(k, depth - 1): self.of(v, depth - 1) for k, v in value.items()}
        if kind is Failure:
            return Failure(value.kind, self.of(value.args, depth - 1))
        if kind not in _GROUPS:
            raise HostileError("a name stands where a value is expected")
        if set(map(type, value)) == _TEXTS:
            return self._of_texts(value)
        return kind([self.of(item, depth - 1) for item in value])

    def _of_texts(self, texts: Any) -> Any:
        """A copy of a group of nothing but texts, which may be a hundred thousand."""
        self.left -= len(texts) + sum(map(len, texts))
        if self.left < 0:
            raise HostileError("the message stands for too many values")
        return type(texts)(texts)
