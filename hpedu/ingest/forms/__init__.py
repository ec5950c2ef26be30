"""Know the input form: what its sheets hold, and how a filled one is read."""
