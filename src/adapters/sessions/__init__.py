"""Where sync sessions are kept."""
