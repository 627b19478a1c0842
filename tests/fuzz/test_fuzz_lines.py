"""Logs of any bytes: their lines, their dates, and who failed."""

from __future__ import annotations

import contextlib
import functools
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from banward.config import read_filter
from banward.errors import PatternError
from banward.matching import filter as filter_module
from banward.matching.block_filter import BlockFilter
from banward.matching.dates import detector as detector_module
from banward.matching.dates.detector import DateDetector
from banward.matching.scanner import Scanner
from banward.records import Batch, Position
from banward.settings import FilterSettings
from banward.sources.newline import newline_of
from banward.sources.splitter import Splitter
from banward.subject import Subject
from fuzz.fuzzing import fuzz
from matching.every_engine import ENGINES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from banward.matching.dates.templates import Template
    from banward.matching.engines import Engines

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
            BlockFilter(each)
            found[name] = each
    return found


def unused(templates: Sequence[Template]) -> list[Template]:
    """The templates of a filter, as before the first line."""
    for template in templates:
        template.hits = template.start = template.end = 0
    return list(templates)


def giving(value: object) -> Callable[..., object]:
    """A maker of what is made already."""
    return lambda *_, **__: value


class Way:
    """A way to find lines, made once: to make it takes longer than to look at a thousand inputs.

    Each input gets filters that saw no line before; regexes and engines remember none.

    Args:
        engines: makes the engines of filters; None for the plain way, which shows every line to
            the filter and asks the detector for every date.
    """

    def __init__(self, engines: Callable[[dict[str, BlockFilter]], Engines] | None) -> None:
        self._is_plain = engines is None
        self._made = {name: BlockFilter(each, jail=name) for name, each in filters().items()}
        self._templates = {name: rule.detector.templates() for name, rule in self._made.items()}
        self._engines = engines(self._made) if engines else None

    def fresh(self) -> dict[str, BlockFilter]:
        """Filters that saw no line."""
        return {name: self._like(rule) for name, rule in self._made.items()}

    def _like(self, made: BlockFilter) -> BlockFilter:
        templates = unused(self._templates[made.jail])
        with (
            mock.patch.object(filter_module, "Rules", giving(made.rules)),
            mock.patch.object(detector_module, "load", giving(templates)),
        ):
            rule = BlockFilter(made.settings, jail=made.jail)
        if self._is_plain:
            rule._dates._glance = None
        rule.sweep = made.sweep
        return rule

    def found(self, blocks: list[bytes]) -> list[tuple[object, ...]]:
        """All that is found in a log, which arrives in blocks of whole lines."""
        scanner = Scanner(self.fresh(), prefilter=False)
        scanner.engines = self._engines
        found, at = [], 0
        for data in blocks:
            batch = Batch("/log", data, at, NOW, False, Position(at + len(data), at + len(data)))
            at += len(data)
            found += scanner.scan(batch, NOW, {})
        for match in found:
            assert match.subject or match.name
            assert Subject.parse(match.subject).text == match.subject
            assert all("\n" not in line for line in match.lines) or match.jail == "lines"
        return [(m.jail, m.subject, m.name, m.at, m.lines, m.fields) for m in found]


@functools.cache
def ways() -> list[Way]:
    return [Way(None), *map(Way, ENGINES)]


def check_filters(data: bytes) -> None:
    lines = data[: data.rfind(b"\n") + 1].split(b"\n")[:-1]
    size = 1 + len(data) % 9
    blocks = [
        b"".join(line + b"\n" for line in lines[at : at + size])
        for at in range(0, len(lines), size)
    ]
    expected, *others = (way.found(blocks) for way in ways())
    for found in others:
        assert found == expected


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_the_engine_of_filters():
    """Any log can be read; every engine finds the same; who is found is canonical."""
    fuzz("filters", check_filters, LOGS)
