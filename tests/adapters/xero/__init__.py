"""Tests of the Xero client: over HTTP against the simulator, and on plain values where a function is pure."""
