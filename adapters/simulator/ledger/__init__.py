"""Everything the simulator keeps on disk: one SQLite file."""
