"""Pickles of plain values, read by an interpreter of our own that can't call or import anything.

Whoever can write to the control socket of the reference runs code as root, as it unpickles
without restriction (server-and-client.md 6.3). Here an opcode either makes a plain value or is
refused. Opcodes and their arguments are those of the protocols 0 to 5 as Python documents them in
``pickletools``.

Two directions differ in what a *name* may be. A request may name nothing but types whose call on
a plain value is a plain value. An answer may name any exception class; what is made of it is a
``Failure``, which holds the name.
"""

from __future__ import annotations

import struct

from banward.control.failure import Failure
from banward.control.plain import CALLS, HostileError, copied, expect, keys, number
from banward.errors import WireError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Final

__all__ = ["decode"]

_DIGITS: Final = 40
"""How many digits a number may have that is written as text."""


# What may stand in a string of Python 2; codecs warn of anything else, wherever that shows.
_ESCAPED: Final = rb"(?:[^\\]++|\\(?:[\\'\"abfnrtv]|x[0-9a-fA-F]{2}|[0-3]?[0-7]{1,2}))*+"


class _Name:
    """A global that was named, not resolved."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


def decode(data: bytes, *, failures: bool = False) -> Any:
    """Read one pickle; bytes after its end are left alone.

    Args:
        data: the message, without its marker.
        failures: true for an answer, in which exceptions become ``Failure`` values.

    Raises:
        HostileError: it names what is not allowed, or is made to grow out of all bounds.
        WireError: it is no pickle, or a broken one.
    """
    machine = _Machine(data, failures=failures)
    try:
        value = machine.run()
    except (IndexError, KeyError, ValueError, TypeError, AttributeError, struct.error) as error:
        # Every step of a broken message may fail in such a way; nothing but values was touched.
        raise WireError(f"broken message: {error}") from error
    return copied(value, len(data))


class _Machine:
    """The stack, the memo, and one method for each opcode."""

    def __init__(self, data: bytes, *, failures: bool) -> None:
        self.data = data
        self.at = 0
        self.failures = failures
        self.stack: list[Any] = []
        self.marked: list[list[Any]] = []
        self.memo: dict[int, Any] = {}

    def run(self) -> Any:
        """Go on until the message ends."""
        if not self.data:
            raise WireError("Ran out of input")
        while (code := self.take(1)) != b".":
            step = _STEPS.get(code[0])
            if step is None:
                raise WireError(f"invalid load key, {_key(code)}.")
            step(self)
        return self.stack.pop()

    # Reading arguments ------------------------------------------------------------------------

    def take(self, count: int) -> bytes:
        """The next bytes."""
        self.at += count
        if self.at > len(self.data):
            raise WireError("pickle data was truncated")
        return self.data[self.at - count : self.at]

    def line(self) -> bytes:
        """The bytes up to the next newline."""
        end = self.data.find(b"\n", self.at)
        if end < 0:
            raise WireError("pickle data was truncated")
        start, self.at = self.at, end + 1
        return self.data[start:end]

    def size(self, width: int) -> int:
        """An unsigned little-endian number."""
        return int.from_bytes(self.take(width), "little")

    def sized(self, width: int) -> bytes:
        """As many bytes as a number before them says."""
        return self.take(self.size(width))

    # Values -----------------------------------------------------------------------------------

    def push(self, value: Any) -> None:
        """Put a value on the stack."""
        self.stack.append(value)

    def decimal(self) -> None:
        """Protocol 0: a number or a truth value as text."""
        text = self.line().rstrip(b"L")
        if text in {b"00", b"01"}:
            return self.push(text == b"01")
        if len(text) > _DIGITS:
            raise HostileError("a number is too large")
        return self.push(int(text))

    def quoted(self) -> None:
        """Protocol 0: a string of Python 2 as it would stand in a program."""
        import re  # noqa: PLC0415  (clients that start quickly never need it)

        text = self.line()
        if len(text) < 2 or text[:1] != text[-1:] or text[:1] not in {b"'", b'"'}:  # noqa: PLR2004 - two quotes
            raise WireError("the STRING opcode argument must be quoted")
        if not re.fullmatch(_ESCAPED, text[1:-1]):
            raise WireError("the STRING opcode argument has an unknown escape")
        self.push(_text(text[1:-1].decode("unicode-escape").encode("latin-1")))

    def texts(self) -> None:
        """Text, with all texts that follow it: a long list is little else."""
        data, at, push = self.data, self.at, self.stack.append
        while True:
            start = at + 4
            at = start + int.from_bytes(data[at:start], "little")
            if at > len(data):
                raise WireError("pickle data was truncated")
            push(_text(data[start:at]))
            if data[at : at + 1] != b"X":
                break
            at += 1
        self.at = at

    # Containers -------------------------------------------------------------------------------

    def mark(self) -> None:
        """Begin a group."""
        self.marked.append(self.stack)
        self.stack = []

    def group(self) -> list[Any]:
        """End a group, and return its values."""
        values = self.stack
        self.stack = self.marked.pop()
        return values

    def tuple_of(self, count: int) -> None:
        """Make a tuple of the last values."""
        if len(self.stack) < count:
            raise WireError("unexpected MARK found")
        values = tuple(self.stack[-count:])
        del self.stack[-count:]
        self.push(values)

    def extend(self, values: Sequence[Any]) -> None:
        """Append to the list on the stack."""
        expect(self.stack[-1], list).extend(values)

    def assign(self, values: Sequence[Any]) -> None:
        """Set keys of the dictionary on the stack."""
        pairs = zip(keys(values[::2]), values[1::2], strict=True)
        expect(self.stack[-1], dict).update(pairs)

    def dictionary(self) -> None:
        """Make a dictionary of a group."""
        values = self.group()
        self.push({})
        self.assign(values)

    def add(self, values: Sequence[Any]) -> None:
        """Add to the set on the stack."""
        expect(self.stack[-1], set).update(keys(values))

    def last_two(self) -> list[Any]:
        """The two last values."""
        second, first = self.stack.pop(), self.stack.pop()
        return [first, second]

    # The memo ---------------------------------------------------------------------------------

    def recall(self, index: int) -> None:
        """Put a remembered value on the stack."""
        if index not in self.memo:
            raise WireError(f"Memo value not found at index {index}")
        self.push(self.memo[index])

    def remember(self, index: int) -> None:
        """Keep the value on top of the stack."""
        self.memo[index] = self.stack[-1]

    # Names ------------------------------------------------------------------------------------

    def name(self, module: Any, name: Any) -> None:
        """Note a name; nothing is imported."""
        full = f"{expect(module, str)}.{expect(name, str)}"
        if full not in CALLS and not self.failures:
            raise HostileError(f"global '{full}' is forbidden")
        self.push(_Name(full))

    def call(self, args: Any) -> None:
        """Make a plain value of a name and its arguments."""
        name = expect(self.stack.pop(), _Name).name
        make = CALLS.get(name)
        self.push(make(*expect(args, tuple)) if make else Failure(name, expect(args, tuple)))

    def state(self) -> None:
        """Attributes of an exception: of no use without its class."""
        self.stack.pop()
        expect(self.stack[-1], Failure)


def _text(data: bytes) -> str:
    """Text as Python 3 writes it, or bytes of Python 2 that are most likely UTF-8."""
    return data.decode("utf-8", "surrogatepass")


def _key(code: bytes) -> str:
    """An unknown opcode as Python shows it."""
    char = code.decode("latin-1")
    return f"'{char}'" if char.isascii() and char.isprintable() else f"'\\x{code[0]:02x}'"


_M = _Machine

_STEPS: Final[dict[int, Callable[[_Machine], Any]]] = {
    # Nothing to do: the protocol's number, and where a frame ends.
    0x80: lambda m: m.take(1),
    0x95: lambda m: m.take(8),
    # Plain values.
    ord("N"): lambda m: m.push(None),
    0x88: lambda m: m.push(True),  # noqa: FBT003 - the value of the opcode
    0x89: lambda m: m.push(False),  # noqa: FBT003 - the value of the opcode
    ord("I"): _M.decimal,
    ord("L"): _M.decimal,
    ord("J"): lambda m: m.push(number(m.take(4))),
    ord("K"): lambda m: m.push(m.size(1)),
    ord("M"): lambda m: m.push(m.size(2)),
    0x8A: lambda m: m.push(number(m.sized(1))),
    0x8B: lambda m: m.push(number(m.sized(4))),
    ord("F"): lambda m: m.push(float(m.line())),
    ord("G"): lambda m: m.push(struct.unpack(">d", m.take(8))[0]),
    # Text; what Python 2 wrote as bytes is text too.
    ord("S"): _M.quoted,
    ord("T"): lambda m: m.push(_text(m.sized(4))),
    ord("U"): lambda m: m.push(_text(m.sized(1))),
    ord("V"): lambda m: m.push(m.line().decode("raw-unicode-escape")),
    ord("X"): _M.texts,
    0x8C: lambda m: m.push(_text(m.sized(1))),
    0x8D: lambda m: m.push(_text(m.sized(8))),
    ord("B"): lambda m: m.push(m.sized(4)),
    ord("C"): lambda m: m.push(m.sized(1)),
    0x8E: lambda m: m.push(m.sized(8)),
    # Containers.
    ord("("): _M.mark,
    ord("0"): lambda m: m.stack.pop() if m.stack else m.group(),
    ord("1"): lambda m: m.group(),
    ord("2"): lambda m: m.push(m.stack[-1]),
    ord("]"): lambda m: m.push([]),
    ord("}"): lambda m: m.push({}),
    ord(")"): lambda m: m.push(()),
    0x8F: lambda m: m.push(set()),
    ord("l"): lambda m: m.push(m.group()),
    ord("t"): lambda m: m.push(tuple(m.group())),
    0x85: lambda m: m.tuple_of(1),
    0x86: lambda m: m.tuple_of(2),
    0x87: lambda m: m.tuple_of(3),
    ord("d"): _M.dictionary,
    0x91: lambda m: m.push(frozenset(keys(m.group()))),
    ord("a"): lambda m: m.extend([m.stack.pop()]),
    ord("e"): lambda m: m.extend(m.group()),
    ord("s"): lambda m: m.assign(m.last_two()),
    ord("u"): lambda m: m.assign(m.group()),
    0x90: lambda m: m.add(m.group()),
    # The memo.
    ord("g"): lambda m: m.recall(int(m.line())),
    ord("h"): lambda m: m.recall(m.size(1)),
    ord("j"): lambda m: m.recall(m.size(4)),
    ord("p"): lambda m: m.remember(int(m.line())),
    ord("q"): lambda m: m.remember(m.size(1)),
    ord("r"): lambda m: m.remember(m.size(4)),
    0x94: lambda m: m.remember(len(m.memo)),
    # Names and calls.
    ord("c"): lambda m: m.name(_text(m.line()), _text(m.line())),
    0x93: lambda m: m.name(*m.last_two()),
    ord("R"): lambda m: m.call(m.stack.pop()),
    0x81: lambda m: m.call(m.stack.pop()),
    ord("b"): _M.state,
}
"""What each opcode does; those that are missing here are refused."""
