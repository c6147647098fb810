"""Codat over HTTP."""
