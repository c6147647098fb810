"""The world as it is: one folder a port, one file a technology."""
