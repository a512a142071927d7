"""What a call passes before it reaches the books: token, organisation, limits, scope, idempotency key."""
