"""Turn a sheet made for the eye into tables in which every value has its labels."""
