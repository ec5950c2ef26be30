"""The department's school list: rows, checks and sums."""
