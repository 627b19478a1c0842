from __future__ import annotations

import asyncio
import logging
import sys
import textwrap
import threading

import pytest

from banward.enforcement.base import PastBan
from banward.enforcement.python import PythonAction
from banward.enforcement.python_module import CallingMap
from banward.errors import ActionError
from banward.records import Origin
from banward.settings import ActionSettings
from enforcement.enforcing import NOW, Facts, ban, unban

WRITTEN_FOR_FAIL2BAN = """
    from fail2ban.server.actions import ActionBase, CallingMap

    class Action(ActionBase):
        told = []

        def __init__(self, jail, name, greeting="hello", **others):
            super().__init__(jail, name)
            self.greeting = greeting
            self.told = []
            self.norestored = others.get("norestored", False)
            self.words = CallingMap(jail=self._jail.name, time=self._jail.actions.getBanTime)

        def start(self):
            self.told.append("%s %s" % (self.greeting, "%(jail)s %(time)s" % self.words))

        def stop(self):
            self.told.append("stop")

        def ban(self, aInfo):
            self._logSys.warning("ban of %s", aInfo["ip"])
            self.told.append("ban %(ip)s %(failures)s %(family)s %(bantime)s" % aInfo)

        def unban(self, aInfo):
            self.told.append("unban " + str(aInfo["ip"]))
"""


@pytest.fixture
def action(tmp_path):
    """Makes an action from the text of a file."""

    def make(text, *, facts=None, name="act", limit=60, **params):
        file = tmp_path / f"{name}.py"
        file.write_text(textwrap.dedent(text))
        return PythonAction(ActionSettings(name, params, str(file)), facts or Facts(), limit=limit)

    return make


def run(*steps):
    async def all_of_them():
        return [await step() for step in steps]

    return asyncio.run(all_of_them())


def errors(outcomes):
    return [outcome.error for outcome in outcomes]


def test_an_action_written_for_fail2ban_runs_unchanged(action, caplog):
    """It imports fail2ban's modules, formats texts by its mappings, and logs under its class."""
    act = action(WRITTEN_FOR_FAIL2BAN, greeting="good day")
    attack = ban(failures=5)
    run(
        act.start,
        lambda: act.ban([attack]),
        lambda: act.reban([attack]),
        lambda: act.unban([unban()]),
        act.stop,
    )
    assert act.desk.instance.told == [
        "good day web 600",
        "ban 192.0.2.1 5 inet4 600",
        "ban 192.0.2.1 5 inet4 600",
        "unban 192.0.2.1",
        "stop",
    ]
    assert ("fail2ban.Action", logging.WARNING, "ban of 192.0.2.1") in caplog.record_tuples


def test_both_module_names_and_the_helper_can_be_imported(action):
    """Files use either of the two modules; the log helper is there too."""
    action(
        """
        import fail2ban.server.action
        from fail2ban.server.action import ActionBase, CallingMap
        from fail2ban.helpers import getLogger

        class Action(fail2ban.server.action.ActionBase):
            log = getLogger("x")
        """
    )
    assert "fail2ban.server.actions" in sys.modules


ALL_KEYS = """
    from fail2ban.server.action import ActionBase

    class Action(ActionBase):
        def ban(self, aInfo):
            self.seen = dict(aInfo)
            aInfo["ip"] = "changed"
            self.after = aInfo["ip"], "changed" in aInfo.values(), aInfo.get("nosuch")
"""


def test_all_tags_are_keys_of_the_info(action):
    """The 22 keys of server-and-client.md 4.10, with values of their types."""
    facts = Facts(past=[PastBan(("old",), 7)], host="evil.example")
    act = action(ALL_KEYS, facts=facts)
    attack = ban(failures=5, lines=("a", "b"), fields={"user": "root"}, bancount=2)
    [outcomes] = run(lambda: act.ban([attack]))
    seen = act.desk.instance.seen
    assert errors(outcomes) == [""]
    assert len(seen) == 22
    assert seen["F-*"] == {"user": "root"}
    assert (str(seen["ip"]), seen["ip"].isIPv4, seen["ip"].familyStr) == (
        "192.0.2.1",
        True,
        "inet4",
    )
    assert (seen["time"], seen["bantime"], seen["matches"]) == (NOW, 600, "a\nb")
    assert (seen["ipmatches"], seen["ipfailures"], seen["ip-host"]) == ("old", 7, "evil.example")
    assert (seen["ip-rev"], seen["bancount"], seen["restored"]) == ("1.2.0.192.", 2, 0)
    assert act.desk.instance.after == ("changed", True, None)


def test_history_is_asked_in_the_event_loops_thread(action):
    """A database belongs to one thread; the action's code runs in another."""
    threads = []

    class Watching(Facts):
        def history(self, subject, *, all_jails):
            threads.append(threading.current_thread())
            return super().history(subject, all_jails=all_jails)

    act = action(ALL_KEYS, facts=Watching())
    run(lambda: act.ban([ban()]))
    assert set(threads) == {threading.main_thread()}


def test_an_exception_is_the_error_of_that_ban_and_not_tried_again(action):
    """The others go on; the text of the exception is the reason."""
    act = action(
        """
        from fail2ban.server.action import ActionBase

        class Action(ActionBase):
            calls = 0

            def ban(self, aInfo):
                self.calls += 1
                if aInfo["ip"] == "192.0.2.1":
                    raise RuntimeError("no firewall here")
        """
    )
    [outcomes] = run(lambda: act.ban([ban(), ban("192.0.2.2")]))
    assert errors(outcomes) == ["no firewall here", ""]
    assert act.desk.instance.calls == 2


def test_restored_bans_are_left_out_where_the_object_says_so(action):
    """``norestored`` is an attribute, also as the text that a parameter is."""
    act = action(WRITTEN_FOR_FAIL2BAN, norestored="True")
    run(lambda: act.ban([ban(origin=Origin.RESTORED), ban("192.0.2.2")]))
    assert [text.split()[1] for text in act.desk.instance.told] == ["192.0.2.2"]


OPTIONAL = """
    class Action:
        _prolongable = True
        banEpoch = 0

        def __init__(self, jail, name, **params):
            self.params = params
            self.told = []

        def start(self): self.told.append("start")
        def stop(self): self.told.append("stop")
        def ban(self, aInfo): self.told.append("ban")
        def reban(self, aInfo): self.told.append("reban")
        def unban(self, aInfo): pass
        def prolong(self, aInfo): self.told.append("prolong %s" % aInfo["bantime"])
        def flush(self): return True
        def consistencyCheck(self): self.banEpoch += 1
        def clearAllParams(self): self.params = {}
        def reload(self, **params): self.params.update(params)
"""


def test_optional_methods_are_called_where_they_are(action):
    """A class of its own with the methods will do: prolong, flush, check and the ban epoch."""
    act = action(OPTIONAL)
    run(lambda: act.ban([ban()]), lambda: act.prolong([ban(bantime=1200)]))
    assert not act.outdated("192.0.2.1")
    [sane, _] = run(act.check, lambda: act.prolong([]))
    assert sane
    assert act.outdated("192.0.2.1")
    run(lambda: act.reban([ban()]))
    assert not act.outdated("192.0.2.1")
    assert run(act.flush) == [True]
    assert act.desk.instance.told == ["ban", "prolong 1200", "reban"]


def test_without_optional_methods_nothing_is_missing(action):
    """Only what the object has is called."""
    act = action(WRITTEN_FOR_FAIL2BAN)
    [prolonged, flushed, sane] = run(lambda: act.prolong([ban()]), act.flush, act.check)
    assert (errors(prolonged), flushed, sane) == ([""], False, True)


def test_a_reload_keeps_the_object(action, tmp_path):
    """The same parameters do nothing; others go to the object's own ``reload``."""
    act = action(OPTIONAL, a="1")
    before = act.desk.instance
    file = str(tmp_path / "act.py")
    run(lambda: act.reload(ActionSettings("act", {"a": "1"}, file)))
    run(lambda: act.reload(ActionSettings("act", {"b": "2"}, file)))
    assert act.desk.instance is before
    assert (before.params, before.told) == ({"b": "2"}, [])


def test_an_object_without_reload_is_made_anew_and_its_bans_repeated(action, tmp_path):
    """The old one is stopped, the new one started; bans are outdated, unless ``norestored``."""
    act = action(WRITTEN_FOR_FAIL2BAN)
    run(lambda: act.ban([ban()]))
    old = act.desk.instance
    changed = ActionSettings("act", {"greeting": "hi"}, str(tmp_path / "act.py"))
    run(lambda: act.reload(changed))
    assert act.outdated("192.0.2.1")
    assert old.told[-1] == "stop"
    assert act.desk.instance.told == ["hi web 600"]

    notice = action(WRITTEN_FOR_FAIL2BAN, name="notice", norestored="1")
    run(lambda: notice.ban([ban()]))
    params = {"greeting": "hi", "norestored": "1"}
    run(lambda: notice.reload(ActionSettings("notice", params, str(tmp_path / "notice.py"))))
    assert not notice.outdated("192.0.2.1")


def test_clients_see_properties_and_methods(action):
    """What is public can be read, set and called (server-and-client.md 5.3)."""
    act = action(OPTIONAL)
    assert act.desk.properties() == {"banEpoch": 0, "params": {}, "told": []}
    assert "prolong" in act.desk.methods()
    assert run(lambda: act.desk.set("banEpoch", 5)) == [5]
    assert run(lambda: act.call("flush", {})) == [True]
    run(lambda: act.call("ban", {"aInfo": {"ip": "192.0.2.1"}}))
    assert act.desk.instance.told == ["ban"]
    for hidden in ("nosuch", "__init__", "_prolongable"):
        with pytest.raises(AttributeError, match=f"'Action' object has no attribute '{hidden}'"):
            run(lambda hidden=hidden: act.call(hidden, {}))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x = 1", "act module does not have 'Action' class"),
        ("class Action: pass", "act module Action does not implement required methods"),
        ("Action = 5", "act module 5 does not implement required methods"),
        ("import no_such_module_here", "No module named 'no_such_module_here'"),
        ("def broken(:", "SyntaxError"),
        (
            "from fail2ban.server.action import ActionBase\nclass Action(ActionBase): pass",
            "unexpected keyword argument 'port'",
        ),
    ],
)
def test_a_file_that_can_not_be_used_is_told(action, text, reason):
    """The jail loses this action alone, and the log says why."""
    with pytest.raises(ActionError, match=reason):
        action(text, port="1")


def test_a_missing_file_is_told(tmp_path):
    """The path stands in the message."""
    with pytest.raises(ActionError, match=r"gone\.py"):
        PythonAction(ActionSettings("act", {}, str(tmp_path / "gone.py")), Facts())


def test_a_call_that_hangs_is_left_behind(action):
    """Others of the loop go on meanwhile, and after the limit the ban has failed."""
    act = action(
        """
        import threading
        from fail2ban.server.action import ActionBase

        class Action(ActionBase):
            free = threading.Event()

            def ban(self, aInfo):
                self.free.wait(30)
        """,
        limit=0.05,
    )

    async def work():
        pending = asyncio.create_task(act.ban([ban()]))
        await asyncio.sleep(0.01)
        return not pending.done(), errors(await pending)

    responsive, told = asyncio.run(work())
    act.desk.instance.free.set()
    assert responsive
    assert told == ["ban did not return within 0.05 seconds"]


def test_a_calling_map_calls_each_time_and_takes_new_values():
    """Values that can be called are called when they are read, not before."""
    numbers = iter(range(5))
    words = CallingMap(next=lambda: next(numbers), plain="p")
    other = words.copy()
    assert (words["next"], words["next"], words["plain"]) == (0, 1, "p")
    words["plain"] = "q"
    del words["next"]
    assert (dict(words), other["plain"], len(other)) == ({"plain": "q"}, "p", 2)
