"""Read what a printed text means: letters, numbers, years, places. Pure functions."""
