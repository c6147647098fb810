"""
What Tillbridge costs, measured side by side: `python -m benchmarks`.

Everything runs on this machine, over loopback, in processes of its own. A figure alone says
more about the machine than about the code; so each is taken in turns with what it is compared
to, and the ratios count.
"""
