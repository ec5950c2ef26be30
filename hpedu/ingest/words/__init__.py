"""What a printed text says: letters, numbers, years, places. Pure functions."""
