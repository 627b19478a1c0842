"""Testing: a clock, a recorder and a playbook, public so that users test their own rules."""
