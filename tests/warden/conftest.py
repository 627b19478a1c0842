from __future__ import annotations

import pytest

from banward.warden import host, logins


@pytest.fixture(autouse=True)
def _a_host_of_its_own(monkeypatch):
    """The attackers of these tests must not be the machine's own gateway by chance."""
    known = {
        "own_addresses": {"127.0.0.1", "::1", "203.0.113.200"},
        "named_addresses": set(),
        "gateways": {"203.0.113.254"},
        "name_servers": {"203.0.113.253"},
        "admin_peers": {"203.0.113.252"},
    }
    for name, addresses in known.items():
        module = logins if name == "admin_peers" else host
        monkeypatch.setattr(module, name, lambda found=frozenset(addresses): found)
