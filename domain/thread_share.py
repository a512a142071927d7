"""How many threads of one process may one connection hold? Pure.

Whoever holds a thread may wait long in it: for an answer of Xero's, or for tokens. So the second and every further
thread of a connection comes out of one half of all; the other half is there for those that hold none, of which each
gets one. One slow connection never keeps all threads, and several only once they are as many as that half has threads.
"""


def may_take(held: int, taken: int, threads: int) -> bool:
    """Whether a connection that holds `held` of `threads` may take one more, `taken` being taken by all together."""
    return held == 0 or taken < most_of_one(threads)


def most_of_one(threads: int) -> int:
    """What one connection may hold while nobody else holds any: never all, unless there is but one."""
    return (threads + 1) // 2
