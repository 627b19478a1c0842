"""How a log target is written, and what lines look like there (1.9)."""

import logging

import pytest

from banward.log_lines import LineFormatter, Target

PADDED = "%(name)-24s[%(process)d]: %(levelname)-7s %(message)s"
PLAIN = "%(name)s[%(process)d]: %(levelname)s %(message)s"


@pytest.mark.parametrize(
    ("text", "kind", "name", "pattern"),
    [
        ("/x.log", "FILE", "/x.log", f"%(asctime)s {PADDED}"),
        ("x y.log", "FILE", "x y.log", f"%(asctime)s {PADDED}"),
        ("stdout", "STDOUT", "stdout", f"%(asctime)s {PADDED}"),
        ("STDERR", "STDERR", "STDERR", f"%(asctime)s {PADDED}"),
        ("SYSOUT", "SYSOUT", "SYSOUT", PADDED),
        ("SYSLOG", "SYSLOG", "SYSLOG", PLAIN),
        ("systemd-journal", "SYSTEMD-JOURNAL", "systemd-journal", "%(message)s"),
        ("SYSLOG[padding=on, datetime=on]", "SYSLOG", "SYSLOG", f"%(asctime)s {PADDED}"),
        ("/x.log[padding=off,datetime=off]", "FILE", "/x.log", PLAIN),
        ("/x.log [datetime=no]", "FILE", "/x.log", PADDED),
        ('STDOUT[format="%(name)s, %(message)s"]', "STDOUT", "STDOUT", "%(name)s, %(message)s"),
        ("STDOUT[format='x']", "STDOUT", "STDOUT", "x"),
        ("/x.log[]", "FILE", "/x.log", f"%(asctime)s {PADDED}"),
    ],
)  # fmt: skip
def test_targets(text: str, kind: str, name: str, pattern: str) -> None:
    """A name and options, each with a default that depends on the name."""
    target = Target.parse(text)
    assert (target.kind, target.name, target.pattern) == (kind, name, pattern)


@pytest.mark.parametrize(
    ("text", "facility"), [("SYSLOG", 3), ("SYSLOG[facility=auth]", 4), ("x[facility=LOCAL7]", 23)]
)
def test_facilities(text: str, facility: int) -> None:
    """By name; the daemon's if none is given."""
    assert Target.parse(text).facility == facility


def record(message: str, error: Exception | None = None) -> logging.LogRecord:
    info = (type(error), error, None) if error else None
    return logging.LogRecord("fail2ban", logging.INFO, "", 0, message, None, info)


def test_a_message_is_one_line() -> None:
    """Line breaks in it are shown as what they are."""
    assert LineFormatter("%(message)s").format(record("a\nb")) == "a\\nb"


def test_a_traceback_that_another_wrote_is_written_anew() -> None:
    """The text that ``logging`` keeps in a record has no indent."""
    found = record("a", ValueError("x\ny"))
    logging.Formatter().format(found)
    assert LineFormatter("%(message)s").format(found).splitlines()[1:] == [
        "    ValueError: x",
        "    y",
    ]
    assert found.exc_text is None


@pytest.mark.parametrize("milliseconds", [0, 7, 999])
@pytest.mark.parametrize("pattern", [f"%(asctime)s {PADDED}", PLAIN, "%(message)s at %(asctime)s"])
def test_a_frame_is_what_stands_around_a_message(pattern: str, milliseconds: int) -> None:
    """For each millisecond of its second it is as in a record of that moment."""
    formatter = LineFormatter(pattern)
    record = logging.LogRecord("fail2ban.x", 20, "", 0, "text", None, None)
    record.created, record.msecs = 1700000000 + milliseconds / 1000, milliseconds
    frame = formatter.frame("fail2ban.x", 20, 1700000000)
    assert frame is not None
    before, after = formatter.framed(frame, milliseconds)
    assert f"{before}text{after}" == formatter.format(record)
