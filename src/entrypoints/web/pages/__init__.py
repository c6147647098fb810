"""The hosted pages: what a merchant sees, rendered on the server, complete without JavaScript."""
