"""Make charts, tables and pages in Vietnamese and English."""
