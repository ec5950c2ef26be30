"""data/processed, ready to be read: ingest's tables, indicator values, and a digest of every part of them."""
