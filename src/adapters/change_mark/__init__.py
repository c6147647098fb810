"""Telling whether anything that is kept was changed."""
