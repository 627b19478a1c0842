"""Matching: batches of lines become matches; pure, knows neither limits nor bans."""
