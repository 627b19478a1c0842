from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from banward.enforcement.tags import expand_dynamic, expand_static
from banward.enforcement.tickets import Ticket
from banward.errors import ActionError
from banward.records import Ban
from enforcement.enforcing import Facts

CASES = json.loads((Path(__file__).parents[1] / "data" / "tag-cases.json").read_text())


def named(kind):
    return [pytest.param(case, id=case["name"]) for case in CASES if case["kind"] == kind]


@pytest.mark.parametrize("case", named("tags"))
def test_static_tags_are_filled_as_the_specification_says(case):
    """Each case of kind ``tags`` gives its expected text, or is refused."""
    family = case["conditional"].removeprefix("family=")
    if case["expect"] == {"error": True}:
        with pytest.raises(ActionError, match="self referencing"):
            expand_static(case["query"], case["props"], family)
        return
    assert case["expect"] == expand_static(case["query"], case["props"], family)


@pytest.mark.parametrize("case", named("ticket-tags"))
def test_values_of_a_ticket_are_filled_as_the_specification_says(case):
    """Each case of kind ``ticket-tags`` gives its expected text and arguments."""
    data = dict(case["ticket"]["data"])
    ban = Ban(
        jail="j",
        subject=case["ticket"]["id"],
        at=case["ticket"]["time"],
        bantime=600,
        lines=tuple(data.pop("matches")),
        failures=data.pop("failures"),
        bancount=0,
        fields=data,
    )
    command = expand_dynamic(case["query"], Ticket(ban, Facts()).text)
    assert (case["expect"]["command"], case["expect"]["args"]) == (command.text, list(command.args))


def test_a_tag_used_often_in_one_text_is_no_self_reference():
    """The limit counts rounds of expansion, not places: long commands name one tag many times."""
    assert expand_static("<a> " * 40, {"a": "x"}) == "x " * 40


def test_a_loop_through_composed_names_ends():
    """Names that are put together from values and lead back to themselves are refused."""
    with pytest.raises(ActionError, match="self referencing"):
        expand_static("<<a>>", {"a": "b", "b": "<<a>>"})


def shell(command):
    """What a shell makes of a command."""
    done = subprocess.run(
        ["/bin/sh", "-c", command.text, *command.args], capture_output=True, check=True
    )
    return done.stdout.decode()


def test_more_than_ten_foreign_values_reach_the_shell_in_order():
    """The eleventh value and those after it are themselves, not the second with a digit behind."""
    values = {f"F-V{n}": (f"F_v{n}", f"value-{n};") for n in range(13)}
    text = 'printf "%s\n" ' + " ".join(f'"<{tag}>"' for tag in values)
    assert [f"value-{n};" for n in range(13)] == shell(
        expand_dynamic(text, values.get)
    ).splitlines()


def test_two_tags_whose_variables_would_share_a_name_keep_their_values():
    """``F-A-B`` and ``F-A_B`` differ in a character that no variable name has."""
    values = {"F-A-B": ("F_a-b", "one;"), "F-A_B": ("F_a_b", "two;")}
    command = expand_dynamic('printf %s "<F-A-B>" "<F-A_B>"', values.get)
    assert shell(command) == "one;two;"


@settings(max_examples=60)
@given(st.text(max_size=60))
def test_a_quoted_value_reaches_the_command_letter_by_letter(value):
    """Whatever the text is, a tag in double quotes stands for it, and nothing of it is run."""
    expected = value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    command = expand_dynamic('printf "%s." "<F-X>"', {"F-X": ("F_x", value)}.get)
    if "\r" not in value:  # so that the test's own reading changes nothing
        assert f"{expected}." == shell(command)


def test_a_value_longer_than_the_kernel_takes_is_cut_and_the_command_runs():
    """One argument may have 128 KiB; a million letters must not keep a ban from being made."""
    command = expand_dynamic('printf "%s" "<F-X>"', {"F-X": ("F_x", "x" * 1_000_000)}.get)
    assert len(shell(command)) == 98_304
