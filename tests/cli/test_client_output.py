"""Results go to standard output, everything else to standard error as lines of a log."""

import os
import re

import pytest

from banward.cli.client_output import Output


def test_a_line_has_the_form_of_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    """Date, name, process, level, message."""
    assert Output().error("NOK: ('x',)") == 255
    err = capsys.readouterr().err
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} .*\n", err)
    assert err[24:] == f"fail2ban                [{os.getpid()}]: ERROR   NOK: ('x',)\n"


@pytest.mark.parametrize(
    ("verbosity", "shown"),
    [
        (-2, "ERROR"),
        (-1, "ERROR"),
        (0, "ERROR WARNING"),
        (1, "ERROR WARNING NOTICE INFO"),
        (2, "ERROR WARNING NOTICE INFO DEBUG"),
        (5, "ERROR WARNING NOTICE INFO DEBUG"),
    ],
)
def test_how_much_is_said(verbosity: int, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Warnings and worse, unless told otherwise."""
    output = Output(verbosity)
    for level in ("ERROR", "WARNING", "NOTICE", "INFO", "DEBUG"):
        output.log(level, "x", "reader")
    found = re.findall(r"fail2ban\.reader         \[\d+\]: (\w+)", capsys.readouterr().err)
    assert " ".join(found) == shown


def test_a_message_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever the configuration or the server has in it."""
    Output().error("a\nb\x1b")
    assert capsys.readouterr().err.endswith("a\\nb\\x1b\n")
