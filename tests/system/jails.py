"""The jail that tests of the whole protect sshd with; ``{log}`` is filled in by the scene."""

JAIL = """\
[DEFAULT]
bantime = 600
findtime = 600
maxretry = 3
[sshd]
enabled = true
backend = auto
logpath = {log}
"""
