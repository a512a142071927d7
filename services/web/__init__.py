"""What browsers see of the engine: the way to Xero's consent page and back. Loaded by the processes that serve it."""
