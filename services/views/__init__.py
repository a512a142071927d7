"""What people and the backend read: where an account, its connection and its invoices stand, from the projections."""
