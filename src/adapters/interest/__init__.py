"""Where it is written down who wants to be told of which integration."""
