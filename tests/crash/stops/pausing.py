"""How a process that is to be killed stops: it says where it is, and waits for a word it never gets."""

import sys


def reached(point: str) -> None:
    """Tell the parent where we are, and wait for its word."""
    say(f"reached {point}")
    sys.stdin.readline()


def say(line: str) -> None:
    """One line to the parent."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
