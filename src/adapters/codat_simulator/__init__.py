"""
A local stand-in for Codat's Sync for Commerce: its HTTP API and its sync flow UI.

A product of its own: it knows Codat's published interface and nothing of Tillbridge.
Start reading at `server`, which runs it, and at `state`, which holds what it remembers.
"""
