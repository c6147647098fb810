"""The copy of what Codat says of its integrations."""
