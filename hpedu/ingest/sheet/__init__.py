"""From a sheet made to be looked at to tables whose every value knows the labels over and beside it."""
