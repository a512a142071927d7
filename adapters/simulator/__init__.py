"""A small, strict Xero that runs on this machine: real HTTP, a ledger on disk, faults by script.

What it is for
    The engine is proven against it: whatever the engine believes it delivered is compared with what this ledger
    holds. So it shares no code with the engine, not even the domain: its arithmetic is its own, and only the command
    that starts it may import it. Every effect is committed to its own SQLite file before it is answered; killing the
    process and starting it again on the same file continues where it was (faults and options are not kept).

How it is used
    ``python -m adapters.simulator --port 0 --control-port 0 --ledger PATH`` prints one line when it is ready.
    In tests: ``with Simulator(SimulatorOptions(ledger=path)) as xero: xero.api_url, xero.control_url``.

The two ports (loopback only)
    *API*: all three of Xero's hosts under one address: ``/identity/connect/authorize`` (login), ``/connect/token`` and
    ``/connect/revocation`` (identity), ``/connections`` and ``/api.xro/2.0/...`` (api). JSON only: a request that does
    not accept JSON gets 406, where Xero would answer XML.
    *Control*: what a person or a test does to this Xero from outside: faults, clock, consent, editing the books,
    reading the ledger. It does not exist at Xero.

The rooms
    ``wire`` HTTP itself · ``identity`` OAuth and connections · ``accounting`` the books' rules and resources ·
    ``errors`` how Xero says no · ``gatekeeping`` tokens, limits and idempotency keys in front of everything ·
    ``faults`` what can be made to go wrong · ``ledger`` everything kept on disk · ``control`` the second port.

Not verified
    Behaviour nobody has checked against the real Xero carries ``XERO-UNVERIFIED XU-nn`` where it is decided; where it
    is a choice, it is a named option in ``options.Behaviour``.

Not here
    Everything of Xero that is not listed in ``accounting.routes`` answers 501: credit notes, prepayments, items,
    webhooks and the rest.
"""
