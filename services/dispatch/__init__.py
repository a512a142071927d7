"""The dispatcher: takes due outbox entries of one connection to Xero and records what came of them.

    claim     one transaction: admit the lane, lock due entries, preflight, render, write delivery and key, lease
    send      no transaction open; a fence right before the wire
    record    one transaction: outcome events and entry states, guarded by the lease
    look_up   for unknown outcomes, once the quiet period is over: adopt, conflict, or send again under a new key

All of this is written once. What differs between kinds of delivery is a `DeliveryKind`.
"""
