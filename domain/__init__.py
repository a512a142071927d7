"""The domain: events, aggregates, policies and values of the sync engine.

Pure: no I/O, no clock, no randomness; `now` and new ids are parameters. Imports nothing of ours but itself.
"""
