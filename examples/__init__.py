"""Working pages of each kind that embeds Tillbridge; `make examples` runs them."""
