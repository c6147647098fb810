"""
What was minted against what was given away: `python -m ledger`.

Real processes are run, hit by faults and killed at random moments, while many clients start
redirects. At the end, what the simulator minted is joined with what clients got, with what the
service still knows, and with every byte that it wrote.
"""
