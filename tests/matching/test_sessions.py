"""Sessions: messages joined by their id."""

from banward.matching.identity import identify
from banward.matching.sessions import LIFETIME, MOST, Origin, Sessions, Turn

NOW = 1000.0


def sessions():
    return Sessions(lambda data: identify(data, "warn"))


def take(known, line, now=NOW, offset=0.0, **data):
    return known.take({"mlfid": "1", **data}, (line,), now, Origin("log", offset))


def test_helper_then_failure():
    """The helper brings the address; its line is told with the first failure alone."""
    known = sessions()
    assert take(known, "open", nofail="x", ip4="192.0.2.1").turn is Turn.HELPER
    first = take(known, "bad")
    assert (first.turn, first.lines) == (Turn.FAILURE, ("open", "bad"))
    assert first.identity.subject == "192.0.2.1"
    assert take(known, "bad again").lines == ("bad again",)


def test_waiting_failures_become_one():
    """Failures of nobody wait; the line that brings the address makes one failure of all."""
    known = sessions()
    assert [take(known, line).turn for line in ("a", "b")] == [Turn.PENDING] * 2
    message = take(known, "open", nofail="x", ip4="192.0.2.1")
    assert (message.turn, message.lines) == (Turn.FAILURE, ("a", "b", "open"))


def test_gained_access_drops_what_waits():
    """A login forgets the failures that wait for an address."""
    known = sessions()
    take(known, "bad")
    assert take(known, "welcome", mlfgained="x").turn is Turn.HELPER
    assert take(known, "open", nofail="x", ip4="192.0.2.1").turn is Turn.HELPER


def test_second_user_makes_a_failure():
    """From the second user on every line of the session is a failure."""
    known = sessions()
    helper = {"nofail": "x", "ip4": "192.0.2.1"}
    assert take(known, "try", user="bob", **helper).turn is Turn.HELPER
    assert take(known, "try", user="bob", **helper).turn is Turn.HELPER
    message = take(known, "try", user="eve", **helper)
    assert message.turn is Turn.FAILURE
    assert message.data["users"] == {"bob", "eve"}


def test_flag_that_captured_nothing_is_not_set():
    """An empty flag makes no helper."""
    assert take(sessions(), "bad", nofail="", ip4="192.0.2.1").turn is Turn.FAILURE


def test_forgotten():
    """After the line that forgets the session begins anew."""
    known = sessions()
    take(known, "open", nofail="x", ip4="192.0.2.1")
    assert take(known, "kick", mlfforget="x").turn is Turn.FAILURE
    assert len(known) == 0
    assert take(known, "bad").turn is Turn.PENDING


def test_forgetting_an_unknown_session_stores_nothing():
    """A line that forgets creates no session."""
    known = sessions()
    take(known, "close", mlfforget="x", nofail="x")
    assert len(known) == 0


def test_a_session_that_is_over_at_once_has_no_users():
    """Users are those of a session that goes on; one line has its own user alone."""
    message = take(sessions(), "bad", mlfforget="x", user="bob", ip4="192.0.2.1")
    assert message.data == {"mlfid": "1", "user": "bob", "ip4": "192.0.2.1"}


def test_a_session_ends_after_five_minutes():
    """The time counts from the first line, whatever comes after it."""
    known = sessions()
    take(known, "open", nofail="x", ip4="192.0.2.1")
    assert take(known, "bad", now=NOW + LIFETIME - 1).turn is Turn.FAILURE
    assert take(known, "bad", now=NOW + LIFETIME).turn is Turn.PENDING


def test_the_oldest_of_too_many_goes():
    """A hundred sessions are remembered."""
    known = sessions()
    for number in range(MOST + 1):
        known.take({"mlfid": str(number)}, ("x",), NOW, Origin("log", number))
    assert len(known) == MOST
    assert known.oldest("log", NOW) == 1


def test_oldest_line_of_open_sessions():
    """The oldest open session of a source says where reading has to begin again."""
    known = sessions()
    take(known, "a", offset=5)
    take(known, "b", offset=9, mlfid="2", now=NOW + 10)
    assert known.oldest("log", NOW + 10) == 5
    assert known.oldest("other", NOW + 10) is None
    assert known.oldest("log", NOW + LIFETIME) == 9
