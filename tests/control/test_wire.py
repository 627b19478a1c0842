"""Answers are pickles that Python and other readers of the reference understand."""

import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from banward.control import wire
from banward.control.failure import Failure
from banward.control.framing import END, Splitter
from banward.errors import WireError
from control.test_unpickle import VALUES


@given(VALUES)
def test_python_reads_what_we_write(value: Any) -> None:
    """The stock client unpickles our answers."""
    assert pickle.loads(wire.encode(value)) == value


@given(VALUES)
def test_we_read_what_we_write(value: Any) -> None:
    """Both directions are of one kind."""
    assert wire.decode_request(wire.encode(value)) == value
    assert wire.decode_answer(wire.encode_success(value)) == (0, value)


@given(st.text() | st.sampled_from(["\\", "\n", "\r", "\0", "\x1a", "\ud800", "𝄞\\u0041"]))
def test_text_with_a_marker_does_not_end_the_message(text: str) -> None:
    """What an attacker gets into a ban list can't break the framing (6.2)."""
    hostile = text + END.decode() + text
    message = wire.encode_success([hostile])
    assert Splitter().feed(message + END) == [message]
    assert pickle.loads(message) == (0, [hostile])


def test_a_failure_becomes_the_class_that_it_names() -> None:
    """Built-in classes are known to every Python client."""
    code, error = pickle.loads(wire.encode_failure(Failure.of(ValueError("bad"))))
    assert (code, type(error), error.args) == (1, ValueError, ("bad",))
    code, error = pickle.loads(wire.encode_failure(Failure.of(FileNotFoundError(2, "no", "/x"))))
    assert (type(error), error.filename) == (FileNotFoundError, "/x")


def test_a_failure_comes_back_as_it_went() -> None:
    """Our own client knows it without the class."""
    failure = Failure("fail2ban.exceptions.UnknownJailException", ("x",))
    assert wire.decode_answer(wire.encode_failure(failure)) == (1, failure)


def test_pickles_are_of_protocol_2() -> None:
    """The oldest that programs in Go and others read."""
    assert wire.encode("x")[:2] == b"\x80\x02"


def test_what_is_not_plain_is_not_sent() -> None:
    """An object that slipped into an answer is an error of ours, not a pickle."""
    with pytest.raises(WireError, match="type object can't be sent"):
        wire.encode([object()])


def test_what_holds_much_is_long():
    """However deep it lies; then it is written beside the event loop."""
    many = ["192.0.2.1"] * 5_001
    status = (0, [("Filter", []), ("Actions", [("Banned IP list", many)])])
    assert wire.is_long(status)
    assert wire.is_long((0, [{"sshd": many}]))
    assert not wire.is_long((0, [{"sshd": many[1:]}, "x" * 10_000, None]))
