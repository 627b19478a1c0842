"""More attackers than anybody can keep: memory is bounded, and the worst of them stay."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

# As a jail does it, block by block: forget who left the window, count, store in a real database.
PROBE = """
import ipaddress, json, resource, sys, time
from banward.detection.window import Limits, Window
from banward.records import Match
from banward.storage.base import Facts
from banward.storage.sqlite import SqliteStore

kind, sources, capacity, file = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
base = int(ipaddress.ip_address({"ipv4": "1.0.0.0", "ipv6 /64": "2001:db8::"}[kind]))
make = ipaddress.IPv4Address if kind == "ipv4" else ipaddress.IPv6Address
store = SqliteStore(file)
window = Window(capacity, read=lambda number: store.sheet("j", number))
limits = Limits(maxretry=50, findtime=86400)
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
def fail(subject, at):
    line = f"Failed password for root from {subject} port 22 ssh2"
    return window.add(Match.of("j", subject, at, (line,), {"user": "root"}), limits)
def end_block(at):
    window.write()
    if sheets := window.unsaved():
        store.commit(Facts(sheets={"j": sheets}))
        window.stored()
    window.cleanup(at, limits.findtime)
before, caught, most = peak(), [], 0
for number in range(sources):
    at = 1e9 + number / 1000
    fail(str(make(base + number)), at)
    if number % (sources // 100) == 0:
        heavy = f"203.0.113.{number // (sources // 100) % 7}"
        breach = fail(heavy, at)
        caught += [breach.subject] if breach else []
    if number % 1000 == 0:
        end_block(at)
    most = max(most, len(window))
end_block(at)
heavies = [window.get(f"203.0.113.{number}") for number in range(7)]
print(json.dumps({
    "tracked": most, "bytes": peak() - before, "seconds": time.process_time(),
    "heavy": [count.failures if count else 0 for count in heavies],
    "lines": [len(count.lines) if count else 0 for count in heavies],
}))
"""


def probe(kind, sources, capacity, file):
    argv = [sys.executable, "-c", PROBE, kind, str(sources), str(capacity), str(file)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("kind", ["ipv4", "ipv6 /64"])
@pytest.mark.parametrize(
    ("sources", "capacity"),
    [(100_000, 10_000), pytest.param(10_000_000, 1_000_000, marks=pytest.mark.torture)],
)
def test_ten_times_more_sources_than_are_kept(kind, sources, capacity, tmp_path):
    """Each source costs less than a kibibyte, no more than fit are kept, heavy hitters are.

    Seven sources fail again and again among those that fail once. Fails without ``_make_room`` in
    ``detection/window.py``, or if it let go whoever came first.
    """
    found = probe(kind, sources, capacity, tmp_path / "db")
    each = found["bytes"] / found["tracked"]
    print(f"{sources} sources of {kind}: {each:.0f} bytes for each that is kept")  # noqa: T201  (a figure)
    assert found["tracked"] <= capacity
    assert found["bytes"] < max(capacity * 1024, 64 * 2**20)
    assert sum(found["heavy"]) == 100
