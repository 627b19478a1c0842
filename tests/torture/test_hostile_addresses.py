"""One client, many ways to write its address: one counter, or nobody."""

from __future__ import annotations

import ipaddress
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from banward.decisions.fuses import Fuses
from banward.detection.window import Limits, Window
from banward.matching.filter import Filter
from banward.settings import FilterSettings
from banward.subject import Subject

NOW = 1_700_000_000.0

SAME = {
    "198.51.100.7": [
        "198.51.100.7",
        "::ffff:198.51.100.7",
        "::FFFF:198.51.100.7",
        "::ffff:c633:6407",
        "0:0:0:0:0:ffff:198.51.100.7",
        "[::ffff:198.51.100.7]",
        "[198.51.100.7]",
        "198.51.100.7/32",
        "::ffff:198.51.100.7/128",
        "198.51.100.7:4711",
        "[::ffff:198.51.100.7]:4711",
    ],
    "2001:db8::7": [
        "2001:db8::7",
        "2001:DB8::7",
        "2001:0db8:0000:0000:0000:0000:0000:0007",
        "2001:db8:0:0::7",
        "[2001:db8::7]",
        "[2001:db8::7]:443",
        "2001:db8::7/128",
        "2001:db8::7%eth0",
        "[2001:db8::7%3]:80",
    ],
    # The kernel sees this very address where a translator stands before the host (RFC 6052).
    "64:ff9b::c633:6407": [
        "64:ff9b::198.51.100.7",
        "64:FF9B::C633:6407",
        "[64:ff9b::198.51.100.7]",
    ],
}


@pytest.mark.parametrize(
    ("text", "canonical"), [(text, one) for one, texts in SAME.items() for text in texts]
)
def test_one_canonical_form(text, canonical):
    """However an address is written, it is one subject.

    Fails without ``_PORT``, ``_ZONE`` or ``_MAPPED`` in ``subject.py``.
    """
    assert Subject.parse(text).text == canonical


@pytest.mark.parametrize("canonical", SAME)
def test_one_counter(canonical):
    """Failures under all names of an address reach one limit together.

    Fails without ``_ZONE`` in ``Subject.parse``.
    """
    rule = Filter(FilterSettings(failregex=(r"^fail from <F-ID>\S+</F-ID>$",)), jail="j")
    window = Window()
    texts = SAME[canonical]
    limits = Limits(maxretry=len(texts))
    breaches = [
        window.add(match, limits)
        for text in texts
        for match in rule.process(f"fail from {text}", NOW, in_operation=True)
    ]
    assert [b and b.subject for b in breaches] == [None] * (len(texts) - 1) + [canonical]


LAX = ["127.1", "010.0.0.1", "001.002.003.004", "0x7f.0.0.1", "0x7f000001", "1.2.3.0x4", "8.8.2056"]


@pytest.mark.parametrize("text", LAX)
def test_what_programs_read_in_two_ways_is_never_banned(text):
    """What ``inet_aton`` takes for an address and we do not is nobody: no action gets to see it.

    Fails without ``is_ambiguous`` in ``Fuses.refuse``: iptables bans 8.0.0.1 for ``010.0.0.1``.
    """
    assert Subject.parse(text).family is None
    assert Fuses().refuse(Subject.parse(text).text, NOW)


FOREIGN = ["٤.3.2.1", "١٩٨.٥١.١٠٠.٧", "１９８.51.100.7", "198。51。100。7", "300.1.2.3", "1.2.3", "1.2.3.4.5", "1.2.3.4\n", "::1::", ":", "1.2.3.4/33", "1.2.3.4/-1", "%eth0", "1.2.3.4%eth0", "::1%a b", "fe80::1%abcdefghijklmnop"]  # fmt: skip  # noqa: RUF001


@pytest.mark.parametrize("text", FOREIGN)
def test_what_is_no_address_is_none(text):
    """Digits of other scripts and broken addresses are no address of anybody.

    Fails without ``_PLAIN`` in ``Subject.parse``, for Python takes any text for a zone id, or
    without ``re.ASCII`` in ``_CANONICAL``, for it takes digits of all scripts for digits.
    """
    assert Subject.parse(text).family is None


@given(st.ip_addresses(), st.sampled_from(["{}", "[{}]", "{}/{n}"]))
def test_the_canonical_form_is_stable(address, form):
    """Reading what was read changes nothing, and it is the same address.

    Fails without ``subnet_of(_MAPPED)`` in ``Subject._of``.
    """
    text = Subject.parse(form.format(address, n=address.max_prefixlen)).text
    assert Subject.parse(text).text == text
    mapped = getattr(address, "ipv4_mapped", None)
    assert ipaddress.ip_address(text) == (mapped or address)


WORDS = st.sampled_from(["0", "1", "10", "010", "255", "256", "\u0661", "f", "0x7f", "", "ffff"])
NEARLY = st.builds(
    lambda words, between, begin, end: begin + between.join(words) + end,
    st.lists(WORDS, min_size=1, max_size=8),
    st.sampled_from([".", ":", "::"]),
    st.sampled_from(["", "", "::ffff:", "[", " "]),
    st.sampled_from(["", "", "/8", "/0", "%e", "]", ":80", "/\u0661"]),
)

FOURS = st.lists(st.sampled_from(["1", "10", "010", "255", "1\u0661"]), min_size=4, max_size=4)


@given(
    st.one_of(
        NEARLY, FOURS.map(".".join), st.text(alphabet="0123456789abcdefx:.%[]/ \u0661", max_size=24)
    )
)
@settings(max_examples=400)
def test_no_text_of_digits_means_two_subjects(text):
    """Whatever the characters, the result is canonical: an address, or the text itself.

    Fails without ``re.ASCII`` in ``_CANONICAL``, ``subject.py``.
    """
    subject = Subject.parse(text)
    assert Subject.parse(subject.text) == subject
    if subject.family is None:
        assert subject.text == text
    else:
        assert re.fullmatch(r"[0-9a-f:./]+", subject.text)
