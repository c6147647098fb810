"""What Tillbridge does, one use case a file."""
