"""How merchants take turns."""
