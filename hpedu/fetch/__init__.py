"""Bring published tables into data/raw, the only room of hpedu that opens a connection (docs/fetch.md)."""
