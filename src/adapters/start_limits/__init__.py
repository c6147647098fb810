"""How starts are counted."""
