"""The sync flow UI: a short, plain imitation of what merchants go through at Codat."""
