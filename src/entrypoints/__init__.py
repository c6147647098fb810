"""The ways in: settings, the composition root, the web service, the command line, the demo."""
