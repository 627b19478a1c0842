from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from banward.detection import table as tables
from banward.detection.table import Table

KEYS = st.integers(0, 40).map(lambda n: bytes(15) + bytes([n]))
NUMBERS = st.tuples(
    st.floats(0, 2e9),
    st.floats(0, 2e9),
    *[st.integers(0, 2**32 - 1)] * 2,
    st.integers(0, 2**64 - 1),
)


@given(st.lists(st.tuples(KEYS, NUMBERS, st.booleans()), max_size=80))
def test_a_table_is_a_dictionary(steps):
    """Counters are found, replaced and removed by their keys, though keys and numbers look alike."""
    table, plain = Table(), {}
    for key, numbers, stays in steps:
        if key in plain and not stays:
            table.remove(key)
            del plain[key]
        else:
            (table.put if key in plain else table.add)(key, numbers)
            plain[key] = numbers
        assert table.find(key) == plain.get(key)
        assert len(table) == len(plain)
    assert dict(table.items()) == plain


def test_keys_that_stand_in_other_records_are_no_keys(monkeypatch):
    """A key whose bytes lie across two records of its bucket is not taken for found."""
    monkeypatch.setattr(tables, "_BUCKETS", 1)
    table = Table()
    for number in range(3):
        table.add(bytes([number]) * 16, (0.0, 0.0, 0, 0, 0))

    assert table.find(bytes(16)) == (0.0, 0.0, 0, 0, 0)
    assert table.find(bytes([1]) * 15 + b"\0") is None
    assert table.find(b"\0" * 15 + b"\2") is None
    table.remove(bytes(16))
    assert table.find(bytes(16)) is None
    assert len(table) == 2


def test_all_have_their_turn():
    """A few at a time, others each time, everybody is seen before somebody is seen again."""
    table = Table()
    for number in range(100):
        table.add(bytes([number]) * 16, (0.0, 1.0, number, 0, 0))
    seen = [key for _ in range(10) for key, _ in table.some(10)]

    assert len(set(seen)) == 100
    assert len(table.some(1000)) == 100
    assert Table().some(5) == []


def test_times_are_moved():
    """All counters move in time, their figures stay."""
    table = Table()
    table.add(b"a" * 16, (1.0, 2.0, 3, 4, 5))
    table.shift(-0.5)

    assert table.find(b"a" * 16) == (0.5, 1.5, 3, 4, 5)


def test_a_counter_takes_few_bytes(monkeypatch):
    """Where there are as many to a bucket as of a million, a counter takes less than 80 bytes."""
    monkeypatch.setattr(tables, "_BUCKETS", 1024)
    many, table = 30_000, Table()
    tracemalloc.start()
    for number in range(many):
        table.add(number.to_bytes(16), (1.0, 1.0, 1, 1, number))
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert used / many < 80
