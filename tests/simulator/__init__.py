"""The simulator, driven over real HTTP."""
