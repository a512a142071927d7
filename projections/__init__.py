"""Read models: tables folded from the event log, one file each (table, fold, queries).

They answer lists and counts, and cause nothing. What one invoice or connection is, its own stream says.
"""
