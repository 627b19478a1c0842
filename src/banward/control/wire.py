"""Requests and answers as bytes: pickles that any client of the reference reads (6.3, 6.4).

Written by hand with the opcodes of protocol 2, the oldest that programs in other languages know,
so that neither side needs Python's ``pickle``. It knows nothing of what commands mean.
"""

from __future__ import annotations

import struct

from banward.control.failure import Failure
from banward.control.framing import CLOSE, END
from banward.control.plain import HostileError
from banward.control.unpickle import decode
from banward.errors import WireError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

__all__ = [
    "CLOSE",
    "END",
    "HostileError",
    "decode_answer",
    "decode_request",
    "encode",
    "encode_failure",
    "encode_success",
    "is_long",
]

_HEADER: Final = b"\x80\x02"
_STOP: Final = b"."
_INT32: Final = 2**31
_MANY: Final = 5_000
_TUPLES: Final = {0: b")", 1: b"\x85", 2: b"\x86", 3: b"\x87"}

decode_request = decode
"""Read a request: plain values, nothing else (see ``unpickle.decode``)."""


def decode_answer(data: bytes) -> Any:
    """Read an answer: a pair of 0 and a value, or of 1 and a ``Failure``; or what else came.

    Raises:
        WireError: it is no pickle of such values.
    """
    return decode(data, failures=True)


def encode(value: Any) -> bytes:
    """Write one message without its marker.

    Raises:
        WireError: a value is not plain.
    """
    return _HEADER + _item(value) + _STOP


def is_long(value: Any) -> bool:
    """Whether a value holds so much that writing it takes longer than a hundredth of a second."""
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, (list, tuple)):
        return False
    return len(value) > _MANY or any(map(is_long, value))


def encode_success(value: Any) -> bytes:
    """Write the answer to a command that was done."""
    return encode((0, value))


def encode_failure(failure: Failure) -> bytes:
    """Write the answer to a command that failed."""
    return encode((1, failure))


def _item(value: Any) -> bytes:
    write = _WRITERS.get(type(value))
    if write is None:
        raise WireError(f"a value of type {type(value).__name__} can't be sent")
    return write(value)


def _integer(value: int) -> bytes:
    if -_INT32 <= value < _INT32:
        return b"J" + value.to_bytes(4, "little", signed=True)
    data = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    return b"\x8a" + bytes([len(data)]) + data


def _text(value: str) -> bytes:
    data = value.encode("utf-8", "surrogatepass")
    if b"<F2B_" not in data:
        return b"X" + len(data).to_bytes(4, "little") + data
    # Text out of a log must not end the message (6.2): such letters go out by their numbers.
    escaped = "".join(f"\\u{ord(char):04x}" if char in "<\\\n\r\0\x1a" else char for char in value)
    return b"V" + escaped.encode("raw-unicode-escape") + b"\n"


def _bytes(value: bytes) -> bytes:
    return _call("_codecs.encode", (value.decode("latin-1"), "latin1"))


def _list(value: list[Any]) -> bytes:
    return b"](" + b"".join(map(_item, value)) + b"e"


def _tuple(value: tuple[Any, ...]) -> bytes:
    items = b"".join(map(_item, value))
    return items + _TUPLES[len(value)] if len(value) in _TUPLES else b"(" + items + b"t"


def _dict(value: dict[Any, Any]) -> bytes:
    return b"}(" + b"".join(_item(k) + _item(v) for k, v in value.items()) + b"u"


def _set(value: set[Any] | frozenset[Any]) -> bytes:
    return _call(f"__builtin__.{type(value).__name__}", (list(value),))


def _call(name: str, args: tuple[Any, ...]) -> bytes:
    module, _, attribute = name.rpartition(".")
    return f"c{module}\n{attribute}\n".encode() + _tuple(args) + b"R"


_WRITERS: Final[dict[type, Callable[[Any], bytes]]] = {
    type(None): lambda _: b"N",
    bool: lambda value: b"\x88" if value else b"\x89",
    int: _integer,
    float: lambda value: b"G" + struct.pack(">d", value),
    str: _text,
    bytes: _bytes,
    list: _list,
    tuple: _tuple,
    dict: _dict,
    set: _set,
    frozenset: _set,
    Failure: lambda failure: _call(failure.kind, failure.args),
}
"""How each type is written."""
