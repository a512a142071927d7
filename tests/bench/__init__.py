"""The bench: `python -m tests.bench` measures the engine against baselines in the same run and prints a table.

Figures depend on the machine, ratios hardly; neither is ever asserted by a test.
"""
