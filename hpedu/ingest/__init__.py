"""Files as received -> one tidy table of observations, and a list of what was set aside."""
