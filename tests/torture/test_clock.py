"""The clock of the host is set by a year while a real server runs, and the kernel bans."""

from __future__ import annotations

import pytest

YEAR = 365 * 86_400
GUILTY = [f"198.18.0.{n}" for n in range(1, 11)]
LATER = [f"198.18.1.{n}" for n in range(1, 11)]


@pytest.mark.parametrize("jump", [YEAR, -YEAR], ids=["on", "back"])
def test_a_clock_that_is_set_by_a_year_bans_and_frees_nobody(fort, jump):
    """Failures before and after count together, bans end when they would have; also after a crash.

    Kernel, database and log are real. What the clock says is told by a file, for a true one can be
    set for the whole machine alone. Fails without ``Jumps.take`` telling of the jump, or without
    ``ledger.shift`` or ``window.shift`` in ``Jail.shift``.
    """
    fort.set_clock(0)
    fort.start()
    fort.fail(*GUILTY * 3, *LATER * 2)
    fort.wait_until_equal(GUILTY)
    fort.wait_for(lambda: fort.total() == 50)

    fort.set_clock(jump)
    fort.fail(*LATER)
    fort.wait_until_equal([*GUILTY, *LATER])
    fort.wait_for_log(f"The clock was set by {jump:+d} seconds")
    assert all(500 < left <= 600 for left in fort.ends().values()), fort.ends()

    fort.kill()
    fort.start()
    fort.wait_until_equal([*GUILTY, *LATER])
    assert all(500 < left <= 600 for left in fort.ends().values()), fort.ends()
