"""The usage text has the form that completions parse (1.3)."""

from banward.cli.client_usage import usage
from banward.cli.options import OPTIONS
from banward.control.commands import TABLE
from banward.control.table import Group


def test_the_first_lines_name_program_and_product() -> None:
    """The server's has no command."""
    for program, tail in (("fail2ban-client", " <COMMAND>"), ("fail2ban-server", "")):
        first, blank, one, two, then, options, *_ = usage(program).split("\n")
        assert first == f"Usage: {program} [OPTIONS]{tail}"
        assert (blank, then, options) == ("", "", "Options:")
        assert one
        assert two
    assert "Command:" not in usage("fail2ban-server")


def test_commands_are_in_columns() -> None:
    """Commands are indented by four, explanations begin in column 46 and are at most 34 wide."""
    _, _, commands = usage("fail2ban-client").partition("Command:\n")
    begin = {f"    {row.usage}" for row in TABLE.rows if row.group}
    headings = {" " * 45 + group for group in Group}
    for line in filter(None, commands.split("\n")):
        left, right = line[:45].rstrip(), line[45:]
        assert line in begin or left in begin or not left
        assert line in begin | headings or 0 < len(right) <= 34
        assert line in begin or right[0] != " "


def test_a_long_command_has_a_line_of_its_own() -> None:
    """From 41 letters on."""
    lines = usage("fail2ban-client").split("\n")
    usages = {row.usage for row in TABLE.rows if row.group}
    for text in usages:
        at = next(
            i
            for i, line in enumerate(lines)
            if line[4:].startswith(text) and (line[4:] == text or line[4 + len(text)] == " ")
        )
        if len(text) >= 41:
            assert lines[at] == f"    {text}"
            assert lines[at + 1].startswith(" " * 45)
            assert lines[at + 1][45] != " "
        else:
            assert lines[at][45] != " "
            assert lines[at][4 + len(text) : 45].strip() == ""


def test_headings_stand_in_the_right_column() -> None:
    """All ten, in their order."""
    _, _, commands = usage("fail2ban-client").partition("Command:\n")
    blocks = commands.split("\n\n")
    assert [block.split("\n")[0].removeprefix(" " * 45) for block in blocks] == [
        "BASIC",
        "LOGGING",
        "DATABASE",
        "JAIL CONTROL",
        "JAIL CONFIGURATION",
        "COMMAND ACTION CONFIGURATION",
        "GENERAL ACTION CONFIGURATION",
        "JAIL INFORMATION",
        "COMMAND ACTION INFORMATION",
        "GENERAL ACTION INFORMATION",
    ]


def test_every_option_is_there_but_the_internal_ones() -> None:
    """An option without a text is for programs."""
    text = usage("fail2ban-server")
    for letter, name, _, told in OPTIONS:
        assert (f"-{letter or '-' + name}" in text) == bool(told)
