from __future__ import annotations

from banward.control import wire
from banward.control.desk import Counts, Health, Lag, Vitals
from banward.records import Quarantined, Reason


def test_the_numbers_of_a_server(ask, desk):
    """Plain values that the wire can carry: all jails, all logs, no line of a log."""
    verdicts = {Reason.IGNORED: 6, Reason.EXPIRED: 7}
    desk.jails["j1"].counts = Counts(1, 2, 3, 4, 5, verdicts)
    regexes = [Quarantined("j1", pattern, "/log", "an evil line", 0.0) for pattern in ("a", "b")]
    desk.health = Health(tuple(regexes), (Lag("/log", 10, 2.5), Lag("/other", 0, 0.0)))
    desk.vitals = Vitals(1.5, 8, 9, is_saving=True)
    answer = ask("get", "banward", "metrics")
    assert wire.decode_answer(wire.encode(answer)) == answer
    assert answer["jails"]["j1"] == {
        "failed": 1,
        "failed_total": 2,
        "banned": 3,
        "banned_total": 4,
        "absent": 5,
        "refusals": {
            "on the ignore list": 6,
            "protected address": 0,
            "network is too broad": 0,
            "more bans a minute than allowed": 0,
            "already banned": 0,
            "ban would already be over": 0,
        },
        "unbans": {"ban time is over": 7, "ordered by an operator": 0},
    }
    assert list(answer["jails"]) == ["j1", "j2"]
    assert answer["sources"] == [
        {"source": "/log", "size": 10, "age": 2.5},
        {"source": "/other", "size": 0, "age": 0.0},
    ]
    assert answer["quarantine"] == [{"jail": "j1", "source": "/log", "patterns": 2}]
    assert (answer["uptime"], answer["watcher_restarts"]) == (1.5, 8)
    assert answer["database"] == {"unsaved": 9, "works": True}
    assert "evil" not in repr(answer)


def test_the_status_names_only_logs_that_are_behind(ask, desk):
    """What is read to its end is no news there."""
    desk.health = Health((), (Lag("/log", 10, 2.5), Lag("/other", 0, 0.0)))
    assert ask("get", "banward", "health")["lag"] == [{"source": "/log", "size": 10, "age": 2.5}]
