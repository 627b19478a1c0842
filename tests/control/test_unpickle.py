"""Only plain values come out of a pickle; everything else is refused without being run."""

import contextlib
import io
import os
import pickle
import pickletools
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from banward.control.failure import Failure
from banward.control.plain import DEPTH, HostileError
from banward.control.unpickle import _STEPS, decode
from banward.errors import WireError

TRACE = Path("/tmp/banward-was-here")
PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**100), 2**100)
    | st.floats(allow_nan=False)
    | st.text(st.characters())
    | st.binary()
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner, inner, inner)
        | st.dictionaries(SCALARS, inner)
        | st.sets(SCALARS)
        | st.frozensets(SCALARS)
    ),
    max_leaves=20,
)


@given(VALUES, st.sampled_from(PROTOCOLS))
def test_what_pickle_writes_is_read_in_every_protocol(value: Any, protocol: int) -> None:
    """Any plain value comes through, as Python itself would read it."""
    assert decode(pickle.dumps(value, protocol)) == value


@given(VALUES, st.sampled_from(PROTOCOLS), st.binary(min_size=1))
def test_bytes_after_the_end_are_left_alone(value: Any, protocol: int, rest: bytes) -> None:
    """A pickle ends where it says."""
    assert decode(pickle.dumps(value, protocol) + rest) == value


@given(VALUES, st.sampled_from(PROTOCOLS), st.data())
def test_a_part_of_a_message_is_no_message(value: Any, protocol: int, data: st.DataObject) -> None:
    """A message cut anywhere is broken, never read as something else."""
    whole = pickle.dumps(value, protocol)
    with pytest.raises(WireError):
        decode(whole[: data.draw(st.integers(0, len(whole) - 1))])


@given(st.binary())
def test_random_bytes_give_a_value_or_a_wire_error(data: bytes) -> None:
    """No input ends in any other way."""
    try:
        decode(data)
        decode(data, failures=True)
    except WireError:
        pass


@given(VALUES, st.sampled_from(PROTOCOLS), st.data())
def test_a_changed_byte_gives_a_value_or_a_wire_error(
    value: Any, protocol: int, data: st.DataObject
) -> None:
    """The same for messages that are nearly right."""
    message = bytearray(pickle.dumps(value, protocol))
    message[data.draw(st.integers(0, len(message) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(WireError):
        decode(bytes(message), failures=True)


def test_text_of_python_2_is_text() -> None:
    """Old clients send byte strings, which are words for us."""
    assert decode(b"(lp0\nS'p\\xc3\\xa4ng'\np1\na.") == ["päng"]
    assert decode(b"\x80\x02]q\x00U\x04pingq\x01a.") == ["ping"]
    assert decode(b"]T\x04\x00\x00\x00pinga.") == ["ping"]


def test_python_2_calls_of_text_are_text() -> None:
    """``unicode('x')`` and ``str('x')`` by reference are harmless and known."""
    assert decode(b"c__builtin__\nunicode\nX\x01\x00\x00\x00x\x85R.") == "x"
    assert decode(b"\x80\x04\x8c\x08builtins\x8c\x03str\x93\x8c\x01x\x85R.") == "x"


def test_stack_opcodes_work() -> None:
    """What an optimiser or another language may write: pop, pop to mark, duplicate, long put."""
    assert decode(b"K\x01K\x020.") == 1
    assert decode(b"K\x01(K\x02K\x031.") == 1
    assert decode(b"K\x012\x86.") == (1, 1)
    assert decode(b"K\x07r\x00\x01\x00\x000j\x00\x01\x00\x00.") == 7
    assert decode(b"(K\x01K\x02d.") == {1: 2}


class Exploit:
    """Runs a command when it is unpickled by Python."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {TRACE}",)


class Setter:
    """Has a state, which Python would give to ``__setstate__``."""

    def __init__(self) -> None:
        self.x = 1


HOSTILE = {
    "a command": pickle.dumps([Exploit()]),
    "a command, protocol 0": pickle.dumps([Exploit()], 0),
    "an object": pickle.dumps(Setter()),
    "an object of protocol 0": pickle.dumps(Setter(), 0),
    "eval": b"cbuiltins\neval\nX\x03\x00\x00\x001+1\x85R.",
    "a dotted name": b"\x80\x04\x8c\x08builtins\x8c\x0bstr.__mro__\x93.",
    "a class alone": b"c__builtin__\nstr\n.",
    "a class as a key": b"}c__builtin__\nstr\nNs.",
    "text of a codec": b"c_codecs\nencode\nX\x01\x00\x00\x00xX\x03\x00\x00\x00zip\x86R.",
    "an exception": pickle.dumps(ValueError("x")),
    "a huge number": b"\x8b\x00\x00\x10\x00" + b"\xff" * 0x100000 + b".",
    "a huge number, protocol 0": b"L" + b"9" * 10_000 + b"L\n.",
    "a tuple as a key": pickle.dumps({(1, 2): 3}),
    "a set of tuples": pickle.dumps({(1, 2)}),
    "too deep": b"]" * (DEPTH + 2) + b"a" * (DEPTH + 1) + b".",
    "a list within itself": b"]q\x00h\x00a.",
    "values without number": b"]q\x00"
    + b"".join(b"]q%c(h%ch%ch%ch%ch%ce" % ((n, *[n - 1] * 5)) for n in range(1, 25))
    + b".",
    "text without end": b"X\x00\x00\x01\x00"
    + b"x" * 0x10000
    + b"q\x000]("
    + b"h\x00" * 100
    + b"e.",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_more_than_plain_values_is_hostile(name: str) -> None:
    """Refused in a request, and nothing is run, imported or blown up."""
    with pytest.raises(WireError):
        decode(HOSTILE[name])
    assert not TRACE.exists()


@pytest.mark.parametrize("name", ["a command", "eval", "an exception", "a tuple as a key"])
def test_hostile_is_told_from_broken(name: str) -> None:
    """The socket closes the connection of a hostile client and answers a clumsy one."""
    with pytest.raises(HostileError):
        decode(HOSTILE[name])


BROKEN = {
    "empty": (b"", "Ran out of input"),
    "text": (b"hello", "Memo value not found at index 101"),
    "json": (b'["ping"]', "invalid load key, '\\['."),
    "no opcode": (b"\xff.", r"invalid load key, '\\xff'."),
    "cut": (b"\x80\x05\x95", "pickle data was truncated"),
    "nothing on the stack": (b".", "broken message"),
    "append to nothing": (b"K\x01a.", "broken message"),
    "append to a number": (b"K\x01K\x02a.", "list expected"),
    "an odd dictionary": (b"}(K\x01u.", "broken message"),
    "no quotes": (b"Sping\n.", "must be quoted"),
    "a tuple of nothing": (b"\x86.", "unexpected MARK"),
    "a float of letters": (b"Fx\n.", "broken message"),
    "a call of a value": (b"K\x01)R.", "Name expected"),
    "text that is none": (b"X\x01\x00\x00\x00\xff.", "broken message"),
    "a state for a value": (b"K\x01}b.", "Failure expected"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_messages_say_what_is_wrong(name: str) -> None:
    """The text goes to the client, as the reference answers (6.4)."""
    data, text = BROKEN[name]
    with pytest.raises(WireError, match=text):
        decode(data)


class ForeignError(Exception):
    """Stands for a class that is not installed at the client."""


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_exceptions_in_answers_are_named_not_made(protocol: int) -> None:
    """A client reads any exception class, also one with a state, and imports nothing."""
    error = ForeignError("x", 1)
    error.extra = "state"  # type: ignore[attr-defined]
    answer = decode(pickle.dumps((1, error), protocol), failures=True)
    assert answer == (1, Failure(f"{__name__}.ForeignError", ("x", 1)))


def test_a_command_in_an_answer_is_only_a_name() -> None:
    """Even a hostile server can't make the client run something."""
    assert decode(HOSTILE["a command"], failures=True) == [
        Failure("posix.system", (f"touch {TRACE}",))
    ]
    assert not TRACE.exists()


def test_every_opcode_of_python_is_known_or_refused() -> None:
    """The table is complete: what it does not hold is refused as an unknown key."""
    plain = (1.0, 2**70, "x" * 300, b"x" * 300, [1], {"a": (1, 2)}, {1}, frozenset({2}), "x" * 300)
    used = set()
    for protocol in PROTOCOLS:
        for opcode, _, _ in pickletools.genops(io.BytesIO(pickle.dumps(plain, protocol))):
            used.add(opcode.code)
    assert used - {chr(code) for code in _STEPS} == {"."}
    for code in (opcode.code for opcode in pickletools.opcodes):
        if ord(code) not in _STEPS and code != ".":
            with pytest.raises(WireError, match="invalid load key"):
                decode(b"N" + code.encode("latin-1") + struct.pack("<Q", 0) + b"\n\n.")
