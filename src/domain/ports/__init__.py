"""What the domain wants of the world, one family of Protocols a file."""
