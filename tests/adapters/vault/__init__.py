"""Tests of the vault, on a real database where there is a table."""
