"""What all tests share: the zone of the system, set for one test."""

import time

import pytest


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
