"""More attackers than anybody can keep: memory is bounded, and the worst of them stay."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

PROBE = """
import ipaddress, json, resource, sys
from banward.detection.window import Limits, Window
from banward.records import Match

kind, sources, capacity = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
base = int(ipaddress.ip_address({"ipv4": "1.0.0.0", "ipv6 /64": "2001:db8::"}[kind]))
make = ipaddress.IPv4Address if kind == "ipv4" else ipaddress.IPv6Address
window, limits = Window(capacity), Limits(maxretry=50, findtime=86400)
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
def fail(subject, at):
    line = f"Failed password for root from {subject} port 22 ssh2"
    return window.add(Match.of("j", subject, at, (line,), {"user": "root"}), limits)
before, caught, most = peak(), [], 0
for number in range(sources):
    fail(str(make(base + number)), 1e9 + number / 1000)
    if number % (sources // 100) == 0:
        heavy = f"203.0.113.{number % 7}"
        breach = fail(heavy, 1e9 + number / 1000)
        caught += [breach.subject] if breach else []
    if number % 1000 == 0:
        window.write()
        window.stored()  # what is stored is not remembered
    most = max(most, len(window))
heavies = [window.get(f"203.0.113.{number}") for number in range(7)]
print(json.dumps({
    "tracked": most, "bytes": peak() - before,
    "heavy": [count.failures if count else 0 for count in heavies],
}))
"""


def probe(kind, sources, capacity):
    argv = [sys.executable, "-c", PROBE, kind, str(sources), str(capacity)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("kind", ["ipv4", "ipv6 /64"])
@pytest.mark.parametrize(
    ("sources", "capacity"),
    [(100_000, 10_000), pytest.param(10_000_000, 1_000_000, marks=pytest.mark.torture)],
)
def test_ten_times_more_sources_than_are_kept(kind, sources, capacity):
    """Each source costs less than a kibibyte, no more than fit are kept, heavy hitters are.

    Seven sources fail again and again among those that fail once. Fails without ``_make_room`` in
    ``detection/window.py``, or if it let go whoever came first.
    """
    found = probe(kind, sources, capacity)
    each = found["bytes"] / found["tracked"]
    print(f"{sources} sources of {kind}: {each:.0f} bytes for each that is kept")  # noqa: T201  (a figure)
    assert found["tracked"] <= capacity
    assert found["bytes"] < max(capacity * 1024, 64 * 2**20)
    assert sum(found["heavy"]) == 100
