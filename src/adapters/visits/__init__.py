"""Where all that a merchant's first page needs is read at once."""
