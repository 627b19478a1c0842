from __future__ import annotations

from banward.testing.clock import TestClock
from banward.warden.looks import Looks

NOW = TestClock().now()
EVERY = 30


def test_the_first_look_is_due_after_a_pause_and_each_further_one_too():
    """Nothing polls faster, and a look that is on its way is not due again."""
    looks = Looks()
    assert looks.due(NOW, EVERY) == NOW + EVERY

    looks.begin(NOW + EVERY)
    assert looks.due(NOW + EVERY, EVERY) is None
    looks.end(NOW + EVERY, NOW + EVERY)
    assert looks.due(NOW + EVERY, EVERY) == NOW + 2 * EVERY


def test_a_change_makes_it_look_at_once_but_not_again_and_again():
    """A check that itself makes events is run every two seconds at most."""
    looks = Looks()
    looks.due(NOW, EVERY)
    looks.soon()
    assert looks.due(NOW, EVERY) == NOW

    looks.begin(NOW)
    looks.soon()
    looks.end(NOW, NOW)
    assert looks.due(NOW, EVERY) == NOW + 2


def test_a_look_that_takes_long_takes_a_hundredth_of_the_time():
    """The pause grows with it, up to five minutes."""
    looks = Looks()
    for took, pause in ((1, 100), (60, 300)):
        looks.begin(NOW)
        looks.end(NOW - took, NOW)
        assert looks.due(NOW, EVERY) == NOW + pause


def test_a_clock_that_is_set_does_not_put_looks_off():
    """Whether forward or back, the next one is due within a pause."""
    for jump in (-365 * 86_400, 365 * 86_400):
        looks = Looks()
        looks.begin(NOW)
        looks.end(NOW - 60, NOW)
        assert looks.due(NOW + jump, EVERY) <= NOW + jump + EVERY
