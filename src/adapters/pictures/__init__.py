"""Pictures of integrations, from the hosts where Codat keeps them."""
