"""Exceptions are named as the reference names them and shown as its client shows them (5.4)."""

import pytest

from banward.control.failure import Failure
from banward.errors import (
    ConfigError,
    DuplicateJailError,
    PatternError,
    StorageError,
    UnknownJailError,
)

CASES = [
    (
        UnknownJailError("x"),
        "fail2ban.exceptions.UnknownJailException",
        "Sorry but the jail 'x' does not exist",
        "UnknownJailException('x')",
    ),
    (
        DuplicateJailError("x"),
        "fail2ban.exceptions.DuplicateJailException",
        "The jail 'x' already exists",
        "DuplicateJailException('x')",
    ),
    (
        PatternError("No failure-id group in 'x'"),
        "fail2ban.server.failregex.RegexException",
        "No failure-id group in 'x'",
        "RegexException(\"No failure-id group in 'x'\")",
    ),
    (
        IndexError("list index out of range"),
        "builtins.IndexError",
        "Sorry but the command is invalid",
        "IndexError('list index out of range')",
    ),
    (KeyError("name: x"), "builtins.KeyError", "'name: x'", "KeyError('name: x')"),
    (ValueError("bad"), "builtins.ValueError", "bad", "ValueError('bad')"),
    (
        FileNotFoundError(2, "No such file", "/x"),
        "builtins.FileNotFoundError",
        "[Errno 2] No such file: '/x'",
        "FileNotFoundError(2, 'No such file')",
    ),
    (
        ConnectionRefusedError(111, "Refused"),
        "builtins.OSError",
        "[Errno 111] Refused",
        "OSError(111, 'Refused')",
    ),
    (StorageError("damaged"), "builtins.Exception", "damaged", "Exception('damaged')"),
    (
        ConfigError("bad", hint="good"),
        "builtins.Exception",
        "bad (good)",
        "Exception('bad (good)')",
    ),
    (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "why"), "builtins.ValueError", None, None),
    (RuntimeError(), "builtins.RuntimeError", "", "RuntimeError()"),
]


@pytest.mark.parametrize(("error", "kind", "text", "shown"), CASES, ids=lambda c: str(c)[:30])
def test_an_exception_has_the_name_and_text_of_the_reference(error, kind, text, shown) -> None:
    """Class, text for the user and repr for the log are those that clients and scrapers know."""
    failure = Failure.of(error)
    assert failure.kind == kind
    if text is not None:
        assert failure.text == text
        assert repr(failure) == shown


def test_a_syntax_error_shows_its_message_only() -> None:
    """The place within a string that nobody sees is left out."""
    failure = Failure("builtins.SyntaxError", ("invalid syntax", ("<string>", 1, 1, "x", 1, 1)))
    assert failure.text == "invalid syntax"


def test_failures_are_equal_by_value() -> None:
    """Two failures of the same name and arguments are the same, also as keys."""
    first, second = Failure("a.B", ("x",)), Failure("a.B", ("x",))
    assert first == second
    assert len({first, second, Failure("a.C", ("x",))}) == 2
    assert first != "a.B"
