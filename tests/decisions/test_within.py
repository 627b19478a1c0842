from __future__ import annotations

import ipaddress

from hypothesis import given
from hypothesis import strategies as st

from banward.decisions.within import lying_within
from banward.subject import Subject

SUBJECTS = [
    "192.0.2.7",
    "192.0.2.0/24",
    "192.0.2.0/23",
    "192.0.2.128/25",
    "192.0.3.1",
    "2001:db8::1",
    "2001:db8:0:1::/64",
    "id.7",
    "a:b",
    "192.0.2.9/ 32",
]


def test_what_lies_within_a_network():
    """Addresses and networks inside, and the network itself; no id, no other family."""
    assert lying_within(SUBJECTS, ipaddress.ip_network("192.0.2.0/24")) == [
        "192.0.2.7",
        "192.0.2.0/24",
        "192.0.2.128/25",
    ]
    assert lying_within(SUBJECTS, ipaddress.ip_network("2001:db8::/32")) == [
        "2001:db8::1",
        "2001:db8:0:1::/64",
    ]
    assert lying_within(SUBJECTS, ipaddress.ip_network("0.0.0.0/0")) == SUBJECTS[:5]


addresses = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str)


@given(
    st.lists(st.one_of(addresses, st.text(max_size=9)), max_size=9), addresses, st.integers(0, 32)
)
def test_it_is_what_the_standard_library_says(texts, address, length):
    """For any texts the answer is that of ``ipaddress``."""
    network = Subject.parse(f"{address}/{length}").network
    subjects = [Subject.parse(text) for text in texts]

    expected = [
        subject.text
        for subject in subjects
        if subject.network
        and subject.network.version == network.version
        and subject.network.subnet_of(network)
    ]

    assert expected == lying_within([subject.text for subject in subjects], network)
