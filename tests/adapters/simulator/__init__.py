"""The simulator's own strictness: every rule is broken once, over real HTTP."""
