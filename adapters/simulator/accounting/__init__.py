"""The Accounting API: its resources, and the rules by which the books accept something."""
