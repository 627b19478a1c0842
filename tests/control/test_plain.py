"""Values out of a pickle are plain, and of bounded number, size and depth."""

import pytest

from banward.control import plain
from banward.control.failure import Failure
from banward.control.plain import CALLS, DEPTH, HostileError, copied, keys, number
from banward.errors import WireError


def test_a_copy_shares_nothing() -> None:
    """Two places that held one list hold two."""
    shared = [1]
    copy = copied([shared, shared], 10)
    assert copy == [[1], [1]]
    assert copy[0] is not copy[1]


def nested(depth: int) -> list[object]:
    value: list[object] = []
    for _ in range(depth - 1):
        value = [value]
    return value


def test_depth_is_bounded() -> None:
    """As deep as allowed, and no deeper."""
    assert copied(nested(DEPTH), 1) == nested(DEPTH)
    with pytest.raises(HostileError, match="too deeply"):
        copied(nested(DEPTH + 1), 1)


@pytest.mark.parametrize("value", [[0] * 200, "x" * 200, {1: "x" * 200}, [["x" * 50]] * 4])
def test_number_and_size_are_bounded(monkeypatch, value: object) -> None:
    """Values and letters count, beyond what the message itself has."""
    monkeypatch.setattr(plain, "NODES", 100)
    with pytest.raises(HostileError, match="too many values"):
        copied(value, 10)
    assert copied(value, 400) == value


def test_what_is_no_value_is_refused() -> None:
    """Also deep within."""
    with pytest.raises(HostileError, match="a name stands"):
        copied([{"a": object()}], 10)


def test_failures_are_copied_with_their_arguments() -> None:
    """They are values of an answer."""
    failure = Failure("a.B", (["x"],))
    assert copied(failure, 10) == failure


@pytest.mark.parametrize("values", [[()], [frozenset()], [Failure("a", ())], [1, "a", []]])
def test_keys_are_scalars(values: list[object]) -> None:
    """A tuple could take for ever to hash."""
    with pytest.raises(HostileError, match="keys must be plain"):
        keys(values)


def test_numbers_have_at_most_sixteen_bytes() -> None:
    """No use is known for larger ones."""
    assert number(b"\xff") == -1
    assert number(b"\x00" * 15 + b"\x7f") == 0x7F << 120
    with pytest.raises(HostileError, match="too large"):
        number(b"\x00" * 17)


@pytest.mark.parametrize(
    ("name", "args", "value"),
    [
        ("builtins.str", ("x",), "x"),
        ("__builtin__.unicode", (), ""),
        ("_codecs.encode", ("\xff", "latin1"), b"\xff"),
        ("__builtin__.bytes", (), b""),
        ("builtins.set", ([1, 2],), {1, 2}),
        ("__builtin__.frozenset", ([1],), frozenset({1})),
    ],
)
def test_harmless_calls(name: str, args: tuple[object, ...], value: object) -> None:
    """What Python 2 and 3 write for text, bytes and sets."""
    assert CALLS[name](*args) == value
    assert type(CALLS[name](*args)) is type(value)


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("builtins.str", (b"x",)),
        ("builtins.str", ([1],)),
        ("_codecs.encode", ("x", "zip")),
        ("builtins.bytes", (10,)),
        ("builtins.set", ("abc",)),
        ("builtins.set", ([(1,)],)),
    ],
)
def test_other_arguments_are_refused(name: str, args: tuple[object, ...]) -> None:
    """A harmless name is no way to something else."""
    with pytest.raises(WireError):
        CALLS[name](*args)
