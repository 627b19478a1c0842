"""Logs of any bytes: their lines, their dates, and who failed."""

from __future__ import annotations

import contextlib
import functools
import re
from pathlib import Path

import pytest

from banward.config import read_filter
from banward.errors import PatternError
from banward.matching import rules
from banward.matching.dates.detector import DateDetector
from banward.matching.filter import Filter
from banward.matching.scanner import Scanner
from banward.records import Batch, Position
from banward.settings import FilterSettings
from banward.sources.newline import newline_of
from banward.sources.splitter import Splitter
from banward.subject import Subject
from fuzz.fuzzing import fuzz

RULES = Path(__file__).parents[2] / "src" / "banward" / "rules"
NOW = 1_795_687_205.0

BYTES = [
    *(b"\n", b"\r\n", b"\r", b"\0", b"\n\0", b"\0\n", b"a", b"line\n", b"\xff\xfe", b"\x85"),
    *(b"\xe2\x80\xa8", b"x" * 64, b"x" * 700, b"\n\n"),
]


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def check_splitter(data: bytes) -> None:
    for encoding in ("utf-8", "utf-16-le", "utf-32-be"):
        newline = newline_of(encoding, data[:4])
        longest = 64 * newline.width
        whole = Splitter(newline, longest).feed(data)
        splitter = Splitter(newline, longest)
        parts = [
            group for piece in pieces(data, 1 + len(data) % 7) for group in splitter.feed(piece)
        ]
        assert b"".join(g.data for g in parts) == b"".join(g.data for g in whole)
        read = sum(group.size for group in parts)
        assert read == sum(group.size for group in whole)
        assert read + splitter.pending == len(data)
        assert splitter.pending <= len(data)


def test_the_splitter_of_lines():
    """However bytes arrive, the lines are the same, each byte counts once, memory is bounded."""
    fuzz("splitter", check_splitter, BYTES)


DATES = [
    *(b"2026-11-26 10:00:00", b"2026-11-26T10:00:00.123456789+01:00", b"Nov 26 10:00:00"),
    *(b"[26/Nov/2026:10:00:00 +0100]", b"1795687200", b"1795687200.5", b"@4000000067a1b2c3"),
    *(b"Thu Nov 26 10:00:00 2026", b"261126 10:00:00", b"26.11.2026 10:00", b"10:00:00", b"0000"),
    *(
        b"99",
        b"2026-",
        b"-13-45",
        b" ",
        b"T",
        b"Z",
        b"+9999",
        b":",
        b"/",
        b"[",
        b"]",
        b"UTC",
        b"CEST",
    ),
    *(b"\xd9\xa1\xd9\xa2", b"\xef\xbc\x91", b"Feb 29", b"Feb 30", b"24:00:00", b"23:59:60", b"-0"),
    *(
        b"%Y",
        b"%m",
        b"%d",
        b"%H",
        b"%Ex",
        b"{EPOCH}",
        b"{DEFAULT}",
        b"{NONE}",
        b"^",
        b"%",
        b"{",
        b"(",
        b"\n",
    ),
]


@functools.cache
def detector(pattern: str) -> DateDetector:
    return DateDetector(pattern)


def check_date(data: bytes) -> None:
    text, _, pattern = data.decode("utf-8", "replace").partition("\n")
    detectors = [detector(""), detector("{^LN-BEG}")]
    with contextlib.suppress(PatternError):
        detectors.append(DateDetector(pattern))
    for each in detectors:
        found = each.find(text)
        if found:
            assert text[found.start : found.end] == found.text
            at = found.time(NOW)
            assert at is None or abs(at) < 1e12


def test_the_detector_of_dates():
    """Any line has a date within it or none; any pattern works or is refused."""
    fuzz("dates", check_date, DATES)


LOGS = [
    *(
        b"Nov 26 10:00:00 host sshd[7]: ",
        b"Failed password for ",
        b"invalid user ",
        b"root",
        b" from ",
    ),
    *(
        b"192.0.2.1",
        b"2001:db8::1",
        b"::ffff:192.0.2.1",
        b"[192.0.2.1]",
        b"999.1.1.1",
        b"host.example",
    ),
    *(
        b" port 22 ssh2",
        b"\n",
        b"Connection closed by ",
        b" [preauth]",
        b"\r",
        b"\0",
        b"\xff",
        b"\x1b[m",
    ),
    *(
        b"2026/11/26 10:00:00 [error] 1#2: *3 ",
        b'user "x": password mismatch, client: ',
        b", server: x",
    ),
    *(
        b"Nov 26 10:00:00 h postfix/smtpd[1]: ",
        b"NOQUEUE: reject: RCPT from x[192.0.2.1]: 554 5.7.1 ",
    ),
    *(
        b"\xe2\x80\xa8",
        b"\xd9\xa1",
        b"fail from ",
        b"ignore me ",
        b"\xed\xa0\x80",
        b"%",
        b"{}",
        b'"',
        b"\\",
    ),
    b'{"msg": "fail", "ip": "192.0.2.9"}',
]


@functools.cache
def filters() -> dict[str, FilterSettings]:
    shipped = {
        name: read_filter(RULES, f"{name}.conf", {}).as_settings()
        for name in ("sshd", "nginx-http-auth", "postfix")
    }
    own = FilterSettings(
        failregex=(r"fail from <HOST>", r"<F-ID>\S+</F-ID> %"), ignoreregex=("ignore",)
    )
    json = FilterSettings(failjson=('{"msg": "fail", "ip": "<HOST>"}',))
    lines = FilterSettings(failregex=(r"Failed<SKIPLINES>from <HOST>",), maxlines=3)
    return {**shipped, "own": own, "lines": lines, **_usable(json=json)}


def _usable(**settings: FilterSettings) -> dict[str, FilterSettings]:
    found = {}
    for name, each in settings.items():
        with contextlib.suppress(PatternError):
            Filter(each)
            found[name] = each
    return found


LARGE = {"sshd", "postfix"}


def check_filters(data: bytes) -> None:
    whole = data[: data.rfind(b"\n") + 1]
    batch = Batch("/log", whole, 0, NOW, False, Position(len(whole), len(whole)))
    found = []
    for prefilter in (True, False):
        # Large filters take long to make: a few of the inputs have to do for them.
        chosen = {n: f for n, f in filters().items() if n not in LARGE or len(data) % 16 == 0}
        rules = {name: Filter(each, jail=name) for name, each in chosen.items()}
        scanner = Scanner(rules, prefilter=prefilter)
        scanner._until_worth_it = min(scanner._until_worth_it, 0) if prefilter else float("inf")
        found.append(scanner.scan(batch, NOW, {}))
    assert found[0] == found[1]
    for match in found[0]:
        assert match.subject or match.name
        assert Subject.parse(match.subject).text == match.subject
        assert all("\n" not in line for line in match.lines) or match.jail == "lines"


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_the_engine_of_filters(monkeypatch):
    """Any log can be read; the prefilter changes nothing; who is found is canonical."""
    # Each input gets new filters, of the same regexes.
    needs_of = rules.needs_of
    known = functools.cache(lambda text, flags, *more: needs_of(re.compile(text, flags), *more))
    monkeypatch.setattr(rules, "needs_of", lambda r, *more: known(r.pattern, r.flags, *more))
    fuzz("filters", check_filters, LOGS)
