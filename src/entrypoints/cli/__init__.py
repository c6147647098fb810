"""The command line: what operators do by hand, with the same use cases as the web service."""
