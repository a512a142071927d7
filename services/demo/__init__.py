"""The demo: the product's story told on the real engine, and the check of the books that imports nothing of it."""
