"""One file for each command, or for each small family of them."""
