"""Most tests here attack a real server, and need what that needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from torture.fort import Fort, why_not

PLAIN = (
    "test_hostile_addresses",
    "test_hostile_values",
    "test_many_sources",
    "test_secrets",
)
"""Tests that start no server."""


def pytest_collection_modifyitems(items):
    """Skip what needs parts that are not here, and say which."""
    missing = why_not()
    for item in items:
        if Path(__file__).parent in item.path.parents and item.path.stem not in PLAIN:
            item.add_marker(pytest.mark.system)
            if missing:
                item.add_marker(pytest.mark.skip(reason=f"needs {missing}"))


@pytest.fixture
def fort():
    """A network, a folder and a log; the server is not started."""
    with Fort() as made:
        yield made
