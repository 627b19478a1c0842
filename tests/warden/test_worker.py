"""What has to be done elsewhere before is waited for, and what is due does not wait with it."""

import asyncio

from banward.records import Ban
from banward.warden.worker import Worker


def test_decisions_whose_turn_comes_after_something_else_wait_for_it():
    """Those before them go on, those behind them keep their place.

    Fails without ``is_due`` in ``_Order.joins``, and without ``wait`` in ``Worker._work``.
    """

    async def story():
        done = []

        async def enforce(decisions):
            done.append([ban.subject for ban in decisions])

        worker = Worker("j", enforce)
        worker.start()
        before = asyncio.get_running_loop().create_future()
        first = worker.put([Ban("j", "192.0.2.1", 0, 600)])
        worker.put([Ban("j", "192.0.2.2", 0, 600)], before)
        worker.put([Ban("j", "192.0.2.3", 0, 600)])
        await first
        assert done == [["192.0.2.1"]]
        before.set_result(None)
        await worker.finish()
        return done

    done = asyncio.run(asyncio.wait_for(story(), 20))
    assert done == [["192.0.2.1"], ["192.0.2.2", "192.0.2.3"]]
