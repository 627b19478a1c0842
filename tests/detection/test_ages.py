from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from banward.detection.ages import Ages


def key(name):
    """Sixteen bytes for a name."""
    return f"{name:>16}".encode()


def test_the_young_are_not_looked_at():
    """Only keys that may be old are taken out, however many young ones there are."""
    ages = Ages()
    ages.put(key("old"), 100)
    for number in range(50):
        ages.put(key(f"young {number}"), 200 + number)

    assert list(ages.take(150)) == [key("old")]
    assert len(ages) == 50


def test_a_key_is_taken_once():
    """A key that was put in twice comes out once."""
    ages = Ages()
    ages.put(key("a"), 1)
    ages.put(key("a"), 99)

    assert list(ages.take(100)) == [key("a")]
    assert len(ages) == 0


@given(
    st.dictionaries(st.binary(min_size=16, max_size=16), st.floats(-1e6, 1e6)), st.floats(-1e6, 1e6)
)
def test_nobody_who_is_old_is_missed(times, limit):
    """All at or before the limit come out, and nobody more than five seconds younger."""
    ages = Ages()
    for name, at in times.items():
        ages.put(name, at)

    taken = set(ages.take(limit))

    assert {name for name, at in times.items() if at <= limit} <= taken
    assert all(times[name] < limit + 5 for name in taken)
