"""The broker: a doorbell through dramatiq. It says "look at this connection" and carries nothing else.

Losing every message costs seconds, never an invoice: the truth is the outbox, and the sweeper rings for the forgotten.
"""
