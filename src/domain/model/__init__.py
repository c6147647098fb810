"""Values and aggregates: what Tillbridge speaks of."""
