"""Read the bytes of one kind of file into sheets or labelled cells."""
