"""Tasks that go on by themselves."""

import asyncio

from banward.warden.tasks import Tasks


def test_called_off_together():
    """What is not over is cancelled and has ended then; what is over stays as it is."""

    async def main():
        tasks, ended = Tasks(), []

        async def wait():
            try:
                await asyncio.Event().wait()
            finally:
                ended.append("called off")

        async def work():
            ended.append("over")

        await tasks.begin(work(), "short")
        long = tasks.begin(wait(), "long")
        await asyncio.sleep(0)
        await tasks.call_off()
        assert ended == ["over", "called off"]
        assert long.cancelled()
        await tasks.call_off()

    asyncio.run(main())
