"""Configuration: fail2ban's ini dialect becomes frozen settings; not what they are used for."""
