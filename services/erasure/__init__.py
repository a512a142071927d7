"""Erasing people: everything personal that is kept of a Kyrios contact goes; what happened stays provable."""
