from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from banward.detection.ages import Ages


def test_the_young_are_not_looked_at():
    """Only names that may be old are taken out, however many young ones there are."""
    ages = Ages()
    ages.put("old", 100)
    for number in range(50):
        ages.put(f"young {number}", 200 + number)

    assert list(ages.take(150)) == ["old"]
    assert len(ages) == 50


def test_a_name_is_taken_once():
    """A name that was put in twice comes out once."""
    ages = Ages()
    ages.put("a", 1)
    ages.put("a", 99)

    assert list(ages.take(100)) == ["a"]
    assert len(ages) == 0


@given(st.dictionaries(st.text(max_size=2), st.floats(-1e6, 1e6)), st.floats(-1e6, 1e6))
def test_nobody_who_is_old_is_missed(times, limit):
    """All at or before the limit come out, and nobody more than five seconds younger."""
    ages = Ages()
    for name, at in times.items():
        ages.put(name, at)

    taken = set(ages.take(limit))

    assert {name for name, at in times.items() if at <= limit} <= taken
    assert all(times[name] < limit + 5 for name in taken)
