"""Charts, tables and pages in Vietnamese and English."""
