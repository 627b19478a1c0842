"""The benchmark in its short form: it checks what both servers did, and no times."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from banward.testing.rights import needs_root
from banward.testing.world import missing_parts

ROOT = Path(__file__).parents[2]
PEER = Path(os.environ.get("BANWARD_PEER", "/opt/peer/f2b"))

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(
        bool(missing_parts("nft") or needs_root()), reason="needs root, iproute2 and nftables"
    ),
    pytest.mark.skipif(not PEER.exists(), reason="Debian's fail2ban is not here (test.sh gets it)"),
    pytest.mark.timeout(300),
]


def test_both_servers_come_to_the_same(tmp_path: Path) -> None:
    """Same failures, same bans in every jail; every ban is in the kernel, also after a restart."""
    told = tmp_path / "results.json"
    subprocess.run([ROOT / "bench/run.sh", "--short", told], check=True, timeout=280)
    results = json.loads(told.read_text())

    counts = results["works"]["jails"]["counts"]
    assert len(counts) == 20  # found and banned in ten jails
    assert min(counts.values()) > 0
    mass = results["mass"]
    assert mass["in_kernel"] == mass["in_kernel_after_restart"] == mass["count"]
    assert (mass["restart"]["got_in"], mass["in_kernel_after_stop"]) == (0, 0)
    assert mass["restart"]["tries"] > 0
    assert len(results["waits_ms"]) == 10  # kinds of work, each done to its end
