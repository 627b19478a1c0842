"""What every option of a jail does, asserted in one place."""


def assert_answer(ask, words, answer) -> None:
    """A command on a jail answers this, and so does the ``get`` of its option."""
    verb, *rest = words
    assert ask(verb, "j1", *rest) == answer
    assert ask("get", "j1", rest[0]) == answer


def assert_refusal(ask, desk, words, text) -> None:
    """A ``set`` fails with this text, and nothing has changed."""
    before = desk.jails["j1"].settings
    assert ask("set", "j1", *words).text == text
    assert desk.jails["j1"].settings == before
