"""With the prefilter the matches are the same as without it: real filters over real lines."""

import os
import random
from pathlib import Path

import pytest
from msgspec.structs import replace

from banward.config import read_filter, shipped_rules
from banward.matching.filter import Filter
from banward.matching.scanner import Scanner
from banward.records import Batch, Position

ROOT = Path(__file__).parents[2]
PEER = Path(os.environ.get("BANWARD_PEER", "/opt/peer/f2b")) / "etc" / "fail2ban"
SAMPLES = ROOT.parent / "shared" / "samples"
NOW = 1_700_000_000.0
NO_FILTER = ("common", "ignorecommands")

pytestmark = [
    pytest.mark.usefixtures("utc"),
    pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"no sample logs at {SAMPLES}"),
]


def settings(config, name):
    definition = read_filter(config, f"{name}.conf")
    return replace(definition.as_settings(), usedns="raw", logencoding="utf-8")


def all_settings(config):
    names = sorted(path.stem for path in (Path(config) / "filter.d").glob("*.conf"))
    return {name: settings(config, name) for name in names if not name.endswith(NO_FILTER)}


def all_lines():
    return {
        path.stem: path.read_bytes().splitlines()
        for path in sorted(SAMPLES.glob("*.log"))
        if path.stem != "domino-smtp"  # a line of it makes a filter search without end
    }


def scan(known, lines, sizes, *, prefilter, catching_up):
    """All matches of these lines, read in blocks of so many lines."""
    blocks = Scanner(
        {name: Filter(made, jail=name, findtime=1e9) for name, made in known.items()},
        prefilter=prefilter,
    )
    blocks._until_worth_it = 0 if prefilter else float("inf")
    found, at, offset = [], 0, 0
    for size in sizes:
        data = b"".join(line + b"\n" for line in lines[at : at + size])
        batch = Batch("log", data, offset, NOW, catching_up, Position())
        found += blocks.scan(batch, NOW + offset // 500, {})
        at, offset = at + size, offset + len(data)
    return found


def mutate(line, chance):
    """A line with a few accidents: bytes changed, lost or moved, dates glued or torn."""
    line = bytearray(line)
    for _ in range(chance.randrange(3)):
        if not line:
            break
        at = chance.randrange(len(line))
        kind = chance.randrange(6)
        if kind == 0:
            line[at] = chance.choice(b"abcS s:[]0\xc5\xbf\xff")
        elif kind == 1:
            del line[at]
        elif kind == 2:
            line[at:at] = bytes(line[:20])
        elif kind == 3:
            line = line.swapcase()
        elif kind == 4:
            del line[: chance.randrange(25)]
        else:
            line[at:at] = chance.choice(
                [b"2023-11-14 22:13:0%d" % (at % 10), b"Nov 14 22:12:5%d" % (at % 10), b" "]
            )
    return bytes(line).replace(b"\n", b" ")


def equal(known, lines, chance):
    sizes = [chance.randrange(1, 400) for _ in lines]
    together = {
        prefilter: [
            scan(known, lines, sizes, prefilter=prefilter, catching_up=catching_up)
            for catching_up in (False, True)
        ]
        for prefilter in (True, False)
    }
    assert together[True] == together[False]
    return sum(map(len, together[True]))


CONFIGS = {"shipped": shipped_rules(), "debian": PEER}


@pytest.mark.parametrize("config", CONFIGS)
def test_each_filter_on_its_own_log(config):
    """Every filter finds the same in the log of its service, line for line."""
    if not (CONFIGS[config] / "filter.d").is_dir():
        pytest.skip(f"no filters at {CONFIGS[config]}")
    lines, chance, count = all_lines(), random.Random(1), 0
    for name, made in all_settings(CONFIGS[config]).items():
        if name in lines:
            count += equal({name: made}, lines[name], chance)
    assert count > 400


@pytest.mark.parametrize("config", CONFIGS)
def test_filters_on_all_logs_mixed(config):
    """Many filters together find the same in one log of all services, whole and with accidents."""
    if not (CONFIGS[config] / "filter.d").is_dir():
        pytest.skip(f"no filters at {CONFIGS[config]}")
    known, chance = all_settings(CONFIGS[config]), random.Random(2)
    known = {name: known[name] for name in chance.sample(sorted(known), 50)}
    lines = [line for some in all_lines().values() for line in some]
    chance.shuffle(lines)
    picked = lines[:250] + [mutate(line, chance) for line in lines[250:500]]
    assert equal(known, picked, chance) > 20


@pytest.mark.torture
@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("config", CONFIGS)
def test_many_accidents(config, seed):
    """The same for very many lines."""
    known, chance = all_settings(CONFIGS[config]), random.Random(seed)
    lines = [line for some in all_lines().values() for line in some]
    chance.shuffle(lines)
    equal(known, lines[:100] + [mutate(line, chance) for line in lines], chance)
