"""One database for everything that has to survive; it knows no port."""
