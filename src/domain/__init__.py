"""The heart of Tillbridge: its words, its two rules and what it does, without any I/O."""
