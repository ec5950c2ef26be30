"""Read the department's school list: rows, checks and sums."""
