"""Where connect tokens are kept until they are spent."""
