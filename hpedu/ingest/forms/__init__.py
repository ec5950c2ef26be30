"""The input form: what its sheets hold, and reading a filled one."""
