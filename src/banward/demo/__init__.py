"""The demo: a small world in which an attacker is banned while one looks on; a self-test too."""
