from __future__ import annotations

import pytest

from banward.sources.journal_entry import line_of, stamp_of

FULL = {
    b"_HOSTNAME": [b"host"],
    b"SYSLOG_IDENTIFIER": [b"sshd"],
    b"_COMM": [b"sshd-session"],
    b"SYSLOG_PID": [b"12"],
    b"_PID": [b"34"],
    b"MESSAGE": [b"text"],
}


def without(*names):
    return {name: values for name, values in FULL.items() if name not in names}


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        (FULL, b"host sshd[12]: text"),
        (without(b"SYSLOG_IDENTIFIER"), b"host sshd-session[12]: text"),
        (without(b"SYSLOG_PID"), b"host sshd[34]: text"),
        (without(b"SYSLOG_PID", b"_PID"), b"host sshd: text"),
        (without(b"SYSLOG_IDENTIFIER", b"_COMM"), b"host text"),
        (without(b"_HOSTNAME"), b"sshd[12]: text"),
        (without(*FULL), b""),
        ({b"SYSLOG_PID": [b"many"], b"_COMM": [b"x"]}, b"x[many]: "),
        ({b"MESSAGE": [b"a", b"b"]}, b"a b"),
        ({b"MESSAGE": [b"one\ntwo\n"]}, b"one\\ntwo\\n"),
        ({b"MESSAGE": [b"\xff\x00"]}, b"\xff\x00"),
        ({b"_COMM": [b"kernel"], b"MESSAGE": [b"m"]}, b"kernel: [    1.500000] m"),
        ({b"_COMM": [b"kernel"], b"_PID": [b"1"], b"MESSAGE": [b"m"]}, b"kernel[1]: m"),
    ],
)
def test_line(fields, line):
    """The line holds what there is, in the order of a syslog line."""
    assert line_of(fields, 1.5) == line


@pytest.mark.parametrize(
    ("fields", "stamp"),
    [
        ({}, 5.5),
        ({b"_SOURCE_REALTIME_TIMESTAMP": [b"1500000"]}, 1.5),
        ({b"_SOURCE_REALTIME_TIMESTAMP": [b"soon"]}, 5.5),
    ],
)
def test_stamp(fields, stamp):
    """The time is that of the service where it is known, else that of the journal."""
    assert stamp_of(fields, 5.5) == stamp
