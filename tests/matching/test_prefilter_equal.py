"""Whatever engine looks for lines, the matches are those of the plain way: real filters, real lines.

The plain way shows every line to the filter and asks the detector for every date.
"""

import os
import random
import signal
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from banward.config import read_filter, shipped_rules
from banward.matching.block_filter import BlockFilter
from banward.matching.linetime import OddityKind
from banward.matching.scanner import Scanner
from banward.records import Batch, Position
from matching.every_engine import ENGINES

ROOT = Path(__file__).parents[2]
PEER = Path(os.environ.get("BANWARD_PEER", "/opt/peer/f2b")) / "etc" / "fail2ban"
SAMPLES = [ROOT.parent / "shared" / name for name in ("samples", "samples-services")]
NOW = 1_700_000_000.0
NO_FILTER = ("common", "ignorecommands")
PATIENCE = 0.3  # seconds for a line

pytestmark = [
    pytest.mark.usefixtures("utc"),
    pytest.mark.skipif(not SAMPLES[0].is_dir(), reason=f"no sample logs at {SAMPLES[0]}"),
]


class _TooSlowError(Exception):
    """A regex runs away on a line."""


class Patient(BlockFilter):
    """The plain way; lines on which a regex runs away are told, so that they can be left out."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self._dates._glance = None
        self.slow = set()

    def process(self, line, now, **options):
        signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE)
        try:
            return super().process(line, now, **options)
        except _TooSlowError:
            self.slow.add(line)
            return []
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)


@contextmanager
def alarm():
    def stop(_number, _frame):
        raise _TooSlowError

    before = signal.signal(signal.SIGVTALRM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGVTALRM, before)


def settings(config, name):
    definition = read_filter(config, f"{name}.conf")
    return replace(definition.as_settings(), usedns="raw", logencoding="utf-8")


def all_settings(config):
    if not (Path(config) / "filter.d").is_dir():
        pytest.skip(f"no filters at {config}")
    names = sorted(path.stem for path in (Path(config) / "filter.d").glob("*.conf"))
    return {name: settings(config, name) for name in names if not name.endswith(NO_FILTER)}


def all_lines():
    """The lines of the samples by their service."""
    lines = {}
    for folder in SAMPLES:
        for path in sorted(folder.glob("*.log")):
            lines.setdefault(path.stem, []).extend(path.read_bytes().splitlines())
    return lines


def scan(filters, lines, sizes, *, engines=None, catching_up):
    """All matches of these lines, read in blocks of so many lines."""
    blocks = Scanner(filters, prefilter=False)
    if engines:
        blocks.engines, blocks._until_worth_it = engines(filters), 0
    found, at, offset = [], 0, 0
    for size in sizes:
        data = b"".join(line + b"\n" for line in lines[at : at + size])
        batch = Batch("log", data, offset, NOW, catching_up, Position())
        matches = blocks.scan(batch, NOW + offset // 500, {})
        # What was captured is a set: the order in which it is packed means nothing.
        found += [replace(match, evidence=(match.lines, match.fields)) for match in matches]
        at, offset = at + size, offset + len(data)
        if at >= len(lines):
            break
    return found


def equal(known, lines, chance):
    """Compare each engine with the plain way, and give how much was found."""

    def make(kind):
        return {name: kind(made, jail=name, findtime=1e9) for name, made in known.items()}

    sizes = [chance.randrange(1, 400) for _ in lines]
    catching_up = chance.random() < 0.5
    with alarm():
        plain = make(Patient)
        expected = scan(plain, lines, sizes, catching_up=catching_up)
        slow = {line for rule in plain.values() for line in rule.slow}
        if slow:
            lines = [line for line in lines if line.decode("utf-8", "replace") not in slow]
            expected = scan(make(Patient), lines, sizes, catching_up=catching_up)
    for engines in ENGINES:
        filters = make(BlockFilter)
        found = scan(filters, lines, sizes, engines=engines, catching_up=catching_up)
        assert (engines.__name__, found) == (engines.__name__, expected), list(known)
        oddities = [odd.kind for rule in filters.values() for odd in rule.take_oddities()]
        assert OddityKind.DISAGREEMENT not in oddities, list(known)
    return len(expected)


def mutate(line, chance):
    """A line with a few accidents: bytes changed, lost or moved, dates glued or torn."""
    line = bytearray(line)
    for _ in range(chance.randrange(3)):
        if not line:
            break
        at = chance.randrange(len(line))
        kind = chance.randrange(7)
        if kind == 0:
            line[at] = chance.choice(b"abcS s:[]0\xc5\xbf\xff\r\x1c")
        elif kind == 1:
            del line[at]
        elif kind == 2:
            line[at:at] = bytes(line[:20])
        elif kind == 3:
            line = line.swapcase()
        elif kind == 4:
            del line[: chance.randrange(25)]
        elif kind == 5:
            line[0:0] = chance.choice([b"[", b"(<", b" ", b"<34>"])
        else:
            line[at:at] = chance.choice(
                [b"2023-11-14 22:13:0%d" % (at % 10), b"Nov 14 22:12:5%d" % (at % 10), b" "]
            )
    return bytes(line).replace(b"\n", b" ")


CONFIGS = {"shipped": shipped_rules(), "debian": PEER}


@pytest.mark.parametrize("part", range(4))
@pytest.mark.parametrize("config", CONFIGS)
def test_each_filter(config, part):
    """Every filter finds the same in its own log, whole and with accidents, and in others."""
    known, lines, chance = all_settings(CONFIGS[config]), all_lines(), random.Random(part)
    everything = [line for some in lines.values() for line in some]
    count = 0
    for name in sorted(known)[part::4]:
        own = lines.get(name, [])
        some = own + [
            mutate(line, chance) for line in chance.sample(own * 8, min(len(own) * 2, 40))
        ]
        some += chance.sample(everything, 15)
        count += equal({name: known[name]}, some, chance)
    assert count > 50


@pytest.mark.parametrize("config", CONFIGS)
def test_many_filters_on_one_log(config):
    """Filters that share a log find the same in a log of all services, whole and with accidents."""
    known, chance = all_settings(CONFIGS[config]), random.Random(2)
    lines = all_lines()
    everything = [line for some in lines.values() for line in some]
    names = chance.sample(sorted(known), 24)
    count = 0
    for some in (names[:8], names[8:16], names[16:]):
        picked = chance.sample(everything, 80) + [
            line for name in some for line in lines.get(name, [])
        ]
        picked += [mutate(line, chance) for line in picked]
        chance.shuffle(picked)
        count += equal({name: known[name] for name in some}, picked, chance)
    assert count > 50


@pytest.mark.torture
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("config", CONFIGS)
def test_many_accidents(config, seed):
    """The same for every filter on all lines, and on as many with accidents."""
    known, chance = all_settings(CONFIGS[config]), random.Random(100 + seed)
    lines = [line for some in all_lines().values() for line in some]
    count = 0
    names = sorted(known)
    chance.shuffle(names)
    while names:
        some = [names.pop() for _ in range(min(len(names), chance.randrange(1, 7)))]
        own = [line for name in some for line in all_lines().get(name, [])]
        picked = chance.sample(lines, 300) + own
        picked += [mutate(line, chance) for line in chance.sample(lines, 300) + own * 4]
        chance.shuffle(picked)
        count += equal({name: known[name] for name in some}, picked, chance)
    assert count > 500
