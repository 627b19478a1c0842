from __future__ import annotations

from banward.testing.clock import TestClock
from banward.warden.shortfall import LONGEST_PAUSE, Retry, Shortfall


def test_pauses_double_up_to_five_minutes():
    """One second, two, four and so on, and never more than the longest pause."""
    retry, clock = Retry(), TestClock()

    assert [retry.failed(clock.now()) for _ in range(11)] == [
        1,
        2,
        4,
        8,
        16,
        32,
        64,
        128,
        256,
        300,
        300,
    ]
    assert retry.due == clock.now() + LONGEST_PAUSE


def test_nothing_is_due_before_its_time():
    """An attempt is due when its pause is over, and not before."""
    retry, clock = Retry(), TestClock()
    assert not retry.is_due(clock.now())

    retry.failed(clock.now())
    assert not retry.is_due(clock.now())
    clock.advance(1)
    assert retry.is_due(clock.now())


def test_a_success_begins_anew():
    """After a success nothing is due, and the next pause is the first again."""
    retry, clock = Retry(), TestClock()
    assert not retry.worked()

    retry.failed(clock.now())
    retry.failed(clock.now())
    assert retry.worked()
    assert retry.due is None
    assert retry.failed(clock.now()) == 1


def test_a_clock_that_is_set_back_does_not_put_attempts_off():
    """A moment farther away than the longest pause is due at once."""
    retry, clock = Retry(), TestClock()
    retry.failed(clock.now())
    clock.advance(-365 * 86_400)

    assert retry.is_due(clock.now())


def test_what_was_decided_is_absent_until_it_is_settled():
    """A shortfall holds just what was expected and not settled."""
    short = Shortfall()
    short.expect(["192.0.2.1", "192.0.2.2"])
    short.settle(["192.0.2.1", "192.0.2.9"])

    assert short.absent == {"192.0.2.2"}
