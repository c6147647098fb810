"""Who calls, told by what they present."""
