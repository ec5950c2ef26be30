"""Make one self-contained page from an executed notebook, and the index pages that lead to all of them."""
