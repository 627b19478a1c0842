from __future__ import annotations

from banward.enforcement.reconcile import Difference, compare

NEVER = float("inf")


def test_what_is_missing_is_added_and_what_nobody_wants_is_removed():
    """Both sides may lack what the other has."""
    found = compare({"a": 100.0, "b": 100.0}, {"b": 100.0, "c": 100.0})
    assert found == Difference(add=("c",), remove=("a",))


def test_ends_that_nearly_agree_are_left_alone():
    """The kernel tells whole seconds, so a difference of a few is none."""
    assert compare({"a": 100.0}, {"a": 102.5}) == Difference()
    assert compare({"a": 100.0}, {"a": 104.0}) == Difference(retime=("a",))


def test_endless_differs_from_every_end():
    """A ban without end that has one in the kernel is made endless, and the other way round."""
    assert compare({"a": 100.0}, {"a": NEVER}) == Difference(retime=("a",))
    assert compare({"a": NEVER}, {"a": 100.0}) == Difference(retime=("a",))
    assert compare({"a": NEVER}, {"a": NEVER}) == Difference()


def test_a_backend_that_keeps_no_ends_is_compared_by_text_alone():
    """None as the end says that the kernel has none."""
    assert compare({"a": None}, {"a": 5.0, "b": 5.0}) == Difference(add=("b",))
