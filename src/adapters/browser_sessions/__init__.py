"""Where the hosted page's logins are kept."""
