"""Detection: matches become breaches of a jail's limit; pure, knows nothing of firewalls."""
