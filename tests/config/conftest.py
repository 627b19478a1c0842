"""Small configurations for the tests of this folder."""

from __future__ import annotations

import pytest

from banward.config import read_configuration

FILES = {
    "fail2ban.conf": "[Definition]\n",
    "filter.d/f.conf": "[Definition]\nfailregex = ^bad <HOST>$\n",
    "action.d/a.conf": "[Definition]\nactionban = ban <ip>\n",
}


@pytest.fixture
def write(tmp_path):
    """Writes files below a directory of their own, and gives that directory."""

    def write_files(files, directory="etc"):
        for name, text in files.items():
            path = tmp_path / directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return tmp_path / directory

    return write_files


@pytest.fixture
def read(write):
    """Reads a configuration from the texts of its files, with a filter f and an action a."""

    def read_files(files, **options):
        return read_configuration(write({**FILES, **files}), **options)

    return read_files


@pytest.fixture
def read_jail(read):
    """Reads the jail j from the lines of its section, and other files."""

    def read_section(section, files=None, **options):
        text = f"[j]\nenabled = true\nfilter = f\naction = a\n{section}"
        return read({"jail.conf": text, **(files or {})}, **options).jail("j")

    return read_section
