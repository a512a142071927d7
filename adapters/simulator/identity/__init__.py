"""Who may come in: consent, tokens, and which organisations a user connected."""
