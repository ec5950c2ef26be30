"""Write the report that the Director signs."""
