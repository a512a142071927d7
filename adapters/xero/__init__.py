"""The Xero client: OAuth, tokens, calls, and the translation between Xero's JSON and the domain.

    session ─► tokens ─► oauth ─► wire        what a caller uses: one connection's calls, with a token always supplied
       └─────► client ─────────► wire         one HTTP exchange: headers, limits, errors

`*_mapping`, `look_up` and `refusals` are pure. Deciding when and what to send is not done here.
What rests on an unconfirmed belief about Xero carries the label XERO-UNVERIFIED XU-nn.
"""
