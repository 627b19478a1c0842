"""Names are looked up in the families that the server may use."""

from __future__ import annotations

import asyncio

import pytest

from warden.wardens import scene


@pytest.mark.parametrize(("allowed", "found"), [("yes", ("::1",)), ("no", ())])
def test_names_have_no_ipv6_addresses_where_it_is_not_allowed(allowed, found):
    """``set allowipv6`` holds at once, for names that were asked before too (1.2)."""

    async def story():
        async with scene() as s:
            resolver = s.warden._shared.resolver
            await s.run("set", "allowipv6", "no" if allowed == "yes" else "yes")
            await resolver.addresses("::1")
            await s.run("set", "allowipv6", allowed)
            assert (await resolver.addresses("::1")).addresses == found

    asyncio.run(story())
