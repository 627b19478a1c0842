from __future__ import annotations

from banward.sources.polling import INTERVAL, Polling


def test_a_clock_that_is_set_back_does_not_stop_the_looks(tmp_path):
    """A file that changes after the clock went back a year is found at the next look.

    Fails without the second half of the condition in ``Polling.changed``.
    """
    log = tmp_path / "log"
    log.write_text("a\n")
    polling, now = Polling(), 1_700_000_000.0
    polling.add(str(log))
    assert polling.changed(now) == {str(log)}
    assert polling.changed(now + INTERVAL / 2) == set()

    log.write_text("a\nb\n")
    assert polling.changed(now - 365 * 86_400) == {str(log)}
