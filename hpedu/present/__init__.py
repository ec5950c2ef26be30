"""Make charts, tables and pages in Vietnamese and English."""

PAGE_HEAD = "application/vnd.hpedu.page+json"
"""The kind of output that says what a page is of; here, since the batch asks for it and for no chart."""
