"""Serve the analyst at a desk: tables to ask for, own charts, a window to explore, a new notebook."""
