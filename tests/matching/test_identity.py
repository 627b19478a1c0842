"""Who failed."""

import pytest

from banward.matching.identity import NOBODY, Identity, identify


@pytest.mark.parametrize(
    ("data", "identity"),
    [
        ({"ip4": "192.0.2.1", "ip6": None}, Identity("192.0.2.1")),
        ({"ip4": None, "ip6": "2001:DB8:0::1"}, Identity("2001:db8::1")),
        ({"ip6": "::ffff:c000:201"}, Identity("192.0.2.1")),
        ({"ip4": "300.1.2.3"}, Identity("300.1.2.3")),
        ({"ip4": "192.0.2.77", "cidr": "24"}, Identity("192.0.2.0/24")),
        ({"ip4": "192.0.2.77", "cidr": "32"}, Identity("192.0.2.77")),
        ({"ip4": "192.0.2.77", "cidr": "99"}, Identity("192.0.2.77")),
        ({"ip4": "300.0.2.1", "cidr": "24"}, Identity("300.0.2.1")),
        ({"ip6": "2001:db8:1::1", "cidr": "48"}, Identity("2001:db8:1::/48")),
        ({"ip4": "", "ip6": "::1"}, Identity("")),
        ({"fid": "bob"}, Identity("bob")),
        ({"fid": ""}, Identity("")),
        ({"fid": "2001:DB8::1"}, Identity("2001:db8::1")),
        ({"fid": "192.0.2.9/255.0.0.0"}, Identity("192.0.0.0/8")),
        ({"fid": "bob", "ip4": "192.0.2.1"}, Identity("bob", address="192.0.2.1")),
        ({"fid": "192.0.2.1", "ip4": "192.0.2.1"}, Identity("192.0.2.1")),
        ({"fid": ("bob", None)}, Identity(("bob", None))),
        ({"ip4": "192.0.2.1", "dns": "h"}, Identity("192.0.2.1")),
        ({"dns": "host.example"}, Identity(None, name="host.example")),
        ({"dns": "192.0.2.1", "fid": "bob"}, Identity("192.0.2.1")),
        ({"dns": "host.example", "fid": "bob"}, Identity(None, name="host.example")),
        ({"user": "bob", "fid": None}, None),
    ],
)
def test_identity(data, identity):
    """F-ID comes before IPv4, IPv6 and names, each in its canonical form."""
    assert identify(data, "warn") == identity


@pytest.mark.parametrize(
    ("data", "usedns", "identity"),
    [
        ({"dns": "host.example"}, "no", NOBODY),
        ({"dns": "192.0.2.1"}, "no", Identity("192.0.2.1")),
        ({"dns": "host.example"}, "yes", Identity(None, name="host.example")),
        ({"dns": "host.example"}, "raw", Identity("host.example")),
        ({"dns": "h", "fid": "bob"}, "raw", Identity("bob", address="h")),
        ({"fid": "2001:DB8::1"}, "raw", Identity("2001:DB8::1")),
        ({"ip6": "2001:DB8::1"}, "raw", Identity("2001:db8::1")),
    ],
)
def test_usedns(data, usedns, identity):
    """Names are looked up, left out, or ids of their own."""
    assert identify(data, usedns) == identity
