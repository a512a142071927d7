"""Chaos: a whole installation of real processes under fire, and the proof that nothing was lost, doubled or stuck.

    plan        what Kyrios asks for, drawn by a seed, with what must become of it
    books       the simulated organisations; owner sets their accounts up
    topology    database, broker, simulator, workers and tickers as processes; member is what a worker or ticker runs
    fire        the faults of the calls; strikes are what is done to processes
    trial       one run: set up, send, strike, quiesce, read the evidence
    watch       what the database of a trial notes of its own accord: who took what, and when
    roll_call   every member must work once more at the end
    evidence    what is left: the simulator's ledger and journal, the log, the tables
    invariants  one small checker for each promise
    recovery    how soon what was struck goes on
    controls    engines with one defence taken away: the same checkers must report each of them
    report      what a person, a program and a page read

python -m tests.chaos --help
"""
