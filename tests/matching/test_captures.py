"""Groups of prefregex and failregex joined."""

import pytest

from banward.matching.captures import Captures


@pytest.mark.parametrize(
    ("prefix", "found", "joined"),
    [
        ({"user": "a"}, {"user": "b"}, {"user": "b"}),
        ({"user": "a"}, {"user": None}, {"user": "a"}),
        ({}, {"user": None}, {"user": None}),
        ({"user": "a"}, {"user": ""}, {"user": ""}),
    ],
)
def test_prefix_is_the_default(prefix, found, joined):
    """A group of the failregex counts if it took part, else that of the prefregex."""
    assert Captures(found, prefix).join(prefix, dict(found)) == joined


@pytest.mark.parametrize(
    ("found", "filled"),
    [
        ({"alt_user": "a", "user": "u"}, {"user": "u"}),
        ({"alt_user": "a", "user": ""}, {"user": "a"}),
        ({"alt_user": "a"}, {"user": "a"}),
        ({"alt_user": "", "alt_user_1": "b"}, {"user": "b"}),
        ({"alt_user": "a", "alt_user_1": "b"}, {"user": "a"}),
        ({"alt_user_2": "c", "alt_user_1": "b"}, {"user": "b"}),
        ({"alt_user1": "a"}, {"user1": "a"}),
        ({"alt_id": "a"}, {"fid": "a"}),
        ({"alt_port": "22"}, {"fport": "22"}),
        ({"alt_ip4": "192.0.2.1", "ip4": None}, {"ip4": "192.0.2.1"}),
        ({"alt_user": None}, {}),
    ],
)
def test_alternates(found, filled):
    """An alternate fills its group if that is empty; the first by name that has a value."""
    assert Captures(found).join({}, dict(found)) == {**found, **filled}


@pytest.mark.parametrize(
    ("found", "filled"),
    [
        ({"user": "u", "tuple_user": "a"}, {"user": ("u", "a")}),
        ({"tuple_user_1": "b", "tuple_user": "a"}, {"user": (None, "a", "b")}),
        ({"fid": "u", "tuple_id": None}, {"fid": ("u", None)}),
    ],
)
def test_tuples(found, filled):
    """The parts of a tuple are appended to its group, by name."""
    assert Captures(found).join({}, dict(found)) == {**found, **filled}
