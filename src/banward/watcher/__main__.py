"""Starts the watcher: ``python -m banward.watcher SOCKET PAGE USER``, with two descriptors."""

from __future__ import annotations

import sys

from banward.lean import without

with without("_hashlib", "typing_extensions"):
    from banward.watcher.process import main

if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
