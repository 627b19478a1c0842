"""Every test here attacks a real server, and needs what that needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from torture.fort import Fort, why_not


def pytest_collection_modifyitems(items):
    """Skip what needs parts that are not here, and say which."""
    missing = why_not()
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.system)
            if missing:
                item.add_marker(pytest.mark.skip(reason=f"needs {missing}"))


@pytest.fixture
def fort():
    """A network, a folder and a log; the server is not started."""
    with Fort() as made:
        yield made
