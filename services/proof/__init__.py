"""The log as the proof: it is folded again, into tables beside the live ones or one stream at a time, and compared."""
