from __future__ import annotations

import msgspec
import pytest

from banward.evidence import (
    NOTHING,
    bundle,
    gather,
    note,
    pack,
    pack_notes,
    unpack,
    without_line,
)


@pytest.mark.parametrize(
    ("lines", "fields"),
    [((), {}), (("ä line",), {}), (("a", "b"), {"user": "x", "users": ["x", "y"]})],
)
def test_what_is_packed_is_unpacked(lines, fields):
    """Lines and captures come back as they were."""
    assert (lines, fields) == unpack(pack(lines, fields))


def test_nothing_takes_no_bytes():
    """A failure without lines and captures costs nothing more, alone and in a bundle."""
    assert pack((), {}) == b""
    assert bundle(b"", [b"", b""], 5) == b""


@pytest.mark.parametrize("lines", [("x" * 5000,), ("x" * 5000, "y")])
def test_a_line_is_cut(lines):
    """A line that an attacker made endless is kept up to 1000 characters."""
    assert unpack(pack(lines, {}))[0] == ("x" * 1000, *lines[1:])


def test_half_a_character_is_replaced():
    """A line that is no proper text, as a client may send it, can be packed and stored."""
    fields = {"user": "a\udcff", "users": ["\udcff", "b"], "number": 7}
    packed = pack(("a\udcffb", "ä"), fields)

    assert unpack(packed) == (("a?b", "ä"), {"user": "a?", "users": ["?", "b"], "number": 7})


def test_newer_captures_replace_older_ones():
    """A capture has its newest value; users are those of all failures."""
    old = bundle(b"", [pack((), {"user": "ann", "port": "1", "users": ["ann"]})], 5)

    _, fields = gather(old, [pack((), {"user": "bob", "users": ["bob"]})], 5)

    assert fields == {"user": "bob", "port": "1", "users": ["ann", "bob"]}


@pytest.mark.parametrize(
    ("most", "kept"), [(0, ()), (1, ("c",)), (3, ("b1", "b2", "c")), (9, ("a", "b1", "b2", "c"))]
)
def test_the_newest_lines_are_kept(most, kept):
    """Of several failures the newest lines are kept, as many as are wanted."""
    old = bundle(b"", [pack(("a",), {})], most)
    lines, _ = gather(old, [pack(("b1", "b2"), {}), pack(("c",), {})], most)

    assert lines == kept


@pytest.mark.parametrize("most", [0, 3, 40])
def test_a_bundle_is_bounded(most):
    """However many failures come, as many packs are kept as are of use, and all captures."""
    made = b""
    for number in range(100):
        fields = {f"first{number}": "x"} if number < 3 else {"users": [f"{number:02}"]}
        made = bundle(made, [pack((f"line {number}",), fields)], most)
        assert len(msgspec.msgpack.decode(made)) <= max(most, 16)

    lines, fields = gather(made, [], most)
    assert lines == tuple(f"line {n}" for n in range(100 - most, 100))
    assert fields["first0"] == fields["first2"] == "x"
    assert fields["users"] == [f"{n:02}" for n in range(3, 100)]


def test_many_packs_at_once_are_one():
    """A block with more failures of a subject than an array can hold leaves one pack."""
    made = bundle(b"", [pack((str(n),), {}) for n in range(70_000)], 2)

    assert gather(made, [], 5) == (("69998", "69999"), {})


@pytest.mark.parametrize(
    "bad", [b"\xc1", b"\x92\x90", b"\x92\x91\x01\x80", b"\x92\x91\xa1\xff\x80"]
)
def test_what_can_not_be_read_is_nothing(bad):
    """What a watcher that was taken over sends as evidence costs its own evidence only."""
    assert unpack(bad) == NOTHING
    assert gather(bundle(b"", [bad], 5), [pack(("a",), {})], 5) == (("a",), {})


@pytest.mark.parametrize("users", [7, [1, "a", []], {"x": 1}, None])
def test_users_that_are_no_texts_harm_nobody(users):
    """Neither do captures of a kind that our watcher does not send."""
    _, fields = gather(b"", [pack((), {"users": users}), pack((), {"users": ["ann"]})], 5)

    assert "ann" in fields["users"]


def test_notes_of_a_session():
    """Lines that were told before are left out, and so is what says what a message does."""
    told = without_line(note("mlfid,user,nofail", "\x00id\x00ann\x00x", "told"))
    packed = pack_notes([told, note("mlfid,user,ip4", "\x00id\x00bob\x00192.0.2.1", "x" * 5000)])

    lines, fields = unpack(packed)

    assert lines == ("x" * 1000,)
    assert fields == {"mlfid": "id", "user": "bob", "ip4": "192.0.2.1", "users": ["ann", "bob"]}
    assert gather(bundle(b"", [packed, pack(("y",), {})], 5), [], 1) == (("y",), fields)


def test_notes_of_groups_that_took_no_part():
    """A group without a name captured nothing, and so did one that is unsure if it is empty."""
    _, fields = unpack(pack_notes([note("?user,,?ip4,empty", "\0bob\0x\0\0", "line")]))

    assert fields == {"user": "bob", "empty": ""}


@pytest.mark.parametrize("text", ["", "\0", "\n", "a,b", "a,b\0\n\0\0\0", "x" * 9])
def test_notes_that_make_no_sense(text):
    """What a watcher that was taken over may send is read somehow."""
    lines, fields = unpack(msgspec.msgpack.encode(text))
    assert isinstance(lines, tuple)
    assert isinstance(fields, dict)
