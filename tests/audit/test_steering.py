"""What can be steered is proven, and what is sound is let be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from banward.audit.engine import Trial, named_by
from banward.audit.lint import lint
from banward.audit.steering import FORGED, steering
from banward.matching.examiner import Examiner
from banward.settings import FilterSettings

if TYPE_CHECKING:
    from banward.audit.finding import Finding

SOUND = [
    r"^<HOST> ",
    r"^<HOST> - \S+ \[\] \"GET .*\" 401",
    r"^login failed from <ADDR>$",
    r"^login failed for \S+ from <ADDR>$",
    r"^login failed for .* from <ADDR>$",
    r"^login failed for .* from <ADDR>\s*$",
    r"^login failed for .* from <ADDR> port \d+$",
    r"^login failed for .* from <ADDR>(?: port \d+)?$",
    r"^login failed for <F-USER>.*</F-USER> from <ADDR> port \d+ ssh2$",
    r"^login failed for (?:(?! from ).)* from <ADDR>$",
    r"^\S+ app\[\d+\]: login failed for .* from <ADDR>$",
    r"^login failed: ip=<ADDR> user=.*$",
    r"^client <ADDR>: user .* denied$",
    r"^client <ADDR>: user .*",
    r"^\[client <ADDR>:\d+\] .* from \S+",
    r"^user \"[^\"]*\" from <ADDR>$",
    r"^user '<F-USER>[^']*</F-USER>' from <ADDR>$",
    r"^ip=<ADDR> user=<F-USER>\S*</F-USER>$",
    r"^\{\"ip\":\"<ADDR>\",\"user\":\"[^\"]*\"",
    r"^\{\"user\":\"<F-USER>[^\"]*</F-USER>\",\"ip\":\"<ADDR>\"",
    r"^\w+ \d+ failed from <ADDR>\b",
    r"^(?:error|fatal): refused <ADDR>$",
    r"^refused \S+ \(<ADDR>\)$",
    r"^conn=\d+ op=\d+ from <IP4>:\d+ \(.*\)$",
    r"^id <F-ID>\S+</F-ID> failed$",
    r"^host <DNS> failed$",
    r"^\s*from <SUBNET>: .*$",
]
BAD = [
    r"login failed from <HOST>",
    r"from <ADDR>$",
    r"user .* from <ADDR>$",
    r"^.*from <HOST>",
    r"^login failed for .* from <HOST>",
    r"^login failed for .*? from <HOST>",
    r"^login failed for .* from <HOST>.*$",
    r"^login failed for .* from <HOST>: .*$",
    r"^login failed for .* from <HOST>\b",
    r"^login failed for .*? from <HOST>.*$",
    r"^login failed for <F-USER>\S+</F-USER> from <HOST>",
    r"^login failed for <F-USER>\S+</F-USER> from <HOST>\b.*$",
    r"^user=<F-USER>\S+</F-USER> ip=<HOST>(?: .*)?$",
    r"^user '<F-USER>[^']*</F-USER>' from <HOST>\b",
    r"^user \"<F-USER>[^\"]*</F-USER>\" from <HOST>\b",
    r"^user <F-USER>(?:(?! from ).)*</F-USER> from <HOST>\b",
    r"^auth\(<F-USER>[^,]*</F-USER>,<HOST>(?:,.*)?\)$",
    r"^.* failed <HOST>",
    r"^request .* client: <ADDR>, server: .*$",
    r"^request .* client: <ADDR>, server: ",
    r"^failed .* \[<IP4>\]",
    r"^failed .* <SUBNET> .*$",
    r"^failed .* id=<F-ID>\S+</F-ID>",
    r"^failed .* name=<DNS> .*$",
    r"^(?:failed|denied) .* from <ADDR> .*$",
    r"^x [^\"]* from <ADDR>\b",
    r"^failed (?:x|y .*) from <ADDR> .*$",
    r"rhost=<HOST>",
]


def findings(failregex: str, prefregex: str = "") -> list[str]:
    """The kinds of what is found in a filter of one failregex."""
    found = lint(FilterSettings(failregex=(failregex,), prefregex=prefregex))
    return [finding.kind for finding in found]


@pytest.mark.parametrize("failregex", SOUND)
def test_sound_patterns(failregex: str) -> None:
    """A pattern that no text of a client can steer gives no warning."""
    assert findings(failregex) == []


@pytest.mark.parametrize("failregex", BAD)
def test_bad_patterns(failregex: str) -> None:
    """A pattern that can be steered is found, and its line fools the engine."""
    trial = Trial(FilterSettings(failregex=(failregex,)), 0)
    found = steering(trial)

    assert found is not None
    assert found.kind in {"steerable-pattern", "unanchored-pattern"}
    assert trial.prove(found.example) == FORGED


def test_a_prefix_that_lets_the_client_choose_the_content() -> None:
    """Greedy text before the content is as bad as before the address."""
    failregex = r"^failed from <ADDR>: .*$"

    assert findings(failregex, r"^.*app: <F-CONTENT>.+</F-CONTENT>$") == ["steerable-pattern"]
    assert findings(failregex, r"^\S+ app: <F-CONTENT>.+</F-CONTENT>$") == []


def test_an_address_in_the_prefix() -> None:
    """Where the prefix has the address, the rest can't move it."""
    assert findings("login failed", r"^\[client <ADDR>\] <F-CONTENT>.+</F-CONTENT>$") == []


def test_an_earlier_pattern_that_takes_the_line_rightly() -> None:
    """The whole filter counts: a line that an earlier failregex takes fools nobody."""
    sound, bad = (
        r"^failed (?:(?! from ).)* from <ADDR>",
        r"^failed from <ADDR> (?:.* from <ADDR>)?$",
    )

    assert lint(FilterSettings(failregex=(sound, bad)))


@pytest.mark.parametrize(
    ("failregex", "column"),
    [(r"^failed for .* from <HOST> .*$", 29), (r"^<F-USER>\S+</F-USER> at <ADDR>", 12)],
)
def test_the_place(failregex: str, column: int) -> None:
    """The warning points at the sign of the repetition that holds the forged text."""
    found = steering(Trial(FilterSettings(failregex=(failregex,)), 0))

    assert found is not None
    assert found.column == column


SOUND_LINES = [
    r"^login of .*\nrefused from <ADDR>$",
    r"^.*\nWARNING: attempt from <ADDR> for user \"[^\"]*\" failed\.$",
    # What is passed over begins with what the service writes, so that no client can forge it.
    r"^\[conn(?P<conn>\d+)\] failed [^\n]+<SKIPLINES>\[conn(?P=conn)\] end <ADDR>:\d+",
    r"^<(?P<id>\d+)> failed [^\n]*<SKIPLINES>[^\n<]*<(?P=id)> sent to <ADDR>:\d+$",
]
BAD_LINES = [
    r"^start\nlogin of .* from <ADDR> failed",
    r"^.*\nWARNING: attempt of .* from <ADDR>",
    r"^conn failed<SKIPLINES>end of .* from <ADDR>\b",
    r"^login of <F-USER>\S+</F-USER> from <ADDR>\b.*\nfailed$",
]


@pytest.mark.parametrize("failregex", SOUND_LINES)
def test_sound_patterns_for_several_lines(failregex: str) -> None:
    """Nobody can write the end of a line, nor the begin of one that is passed over."""
    assert lint_lines(failregex) == []


@pytest.mark.parametrize("failregex", BAD_LINES)
def test_bad_patterns_for_several_lines(failregex: str) -> None:
    """Text within one of the lines is as bad as in a pattern for one."""
    found = lint_lines(failregex)

    assert [each.kind for each in found] == ["steerable-pattern"]
    assert "\n" in found[0].example


def lint_lines(failregex: str) -> list[Finding]:
    """What is found in a filter with a window."""
    return list(lint(FilterSettings(failregex=(failregex,), maxlines=5)))


SOUND_FIELDS = [
    '{"ip": "<ADDR>", "user": ".*"}',
    '{"msg": "login failed for .* from <ADDR>"}',
    '{"client.addr": "<ADDR>(?::\\\\d+)?", "level": "warn(?:ing)?", "code": 401, "ok?": "no"}',
    '{"forwarded": "(?:.*, )?<ADDR>"}',
    '{"forwarded": "<ADDR>(?:, .*)?"}',
    '{"msg": ".* from <ADDR>.*", "granted": "<F-MLFGAINED>yes</F-MLFGAINED>"}',
]
BAD_FIELDS = [
    '{"msg": "login failed for (?:(?! from ).)* from <ADDR>.*"}',
    '{"msg": "login failed for .* from <ADDR>.*"}',
    '{"msg": ".* from <ADDR>\\\\b.*", "level": "warn(?:ing)?", "code": 401, "ok": null}',
    '{"event.text": ".*\\\\[<ADDR>\\\\].*", "event.kind": "auth|login", "n?": "\\\\d+"}',
]


@pytest.mark.parametrize("rule", SOUND_FIELDS)
def test_sound_rules_for_values(rule: str) -> None:
    """The value of one field can't reach into another, and a pattern is for all of it."""
    assert list(lint(FilterSettings(failjson=(rule,)))) == []


@pytest.mark.parametrize("rule", BAD_FIELDS)
def test_bad_rules_for_values(rule: str) -> None:
    """Free text beside an address in one value steers; the line that proves it is JSON."""
    settings = FilterSettings(failjson=(rule,))
    (found,) = lint(settings)

    assert (found.kind, found.option, found.pattern) == ("steerable-pattern", "failjson", rule)
    assert named_by(Examiner(settings), found.example) == FORGED


def test_rules_for_values_are_looked_at_as_patterns_are() -> None:
    """A value that explodes, and what is nearly a tag."""
    rule = '{"msg": "(?:\\\\w+ ?)*x", "ip": "<ADDR>", "user": "<F-USER>.*</F-USER><HSOT>"}'
    kinds = [each.kind for each in lint(FilterSettings(failjson=(rule,)))]

    assert kinds == ["unknown-tag", "exploding-pattern"]
