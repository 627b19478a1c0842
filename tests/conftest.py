"""What all tests share: the zone of the system, set for one test; property tests without a clock."""

import time

import pytest
from hypothesis import HealthCheck, settings

# On busy cores an example may take any time, which says nothing of what is tested.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture
def system_zone(monkeypatch):
    """A function that sets the zone of the system until the test ends."""

    def set_zone(name):
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield set_zone
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def utc(system_zone):
    """The system is in UTC."""
    system_zone("UTC")
