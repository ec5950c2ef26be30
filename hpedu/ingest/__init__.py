"""Turn files as received into one tidy table of observations, and a list of what was set aside."""
