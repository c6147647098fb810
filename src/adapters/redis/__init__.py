"""Redis, or Valkey: what several replicas share, and none depends on."""
