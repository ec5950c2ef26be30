"""Draw the chart forms of the reports: `trend` over years, `stacked` parts by year, `ranked` bars.

Each takes a tidy frame and returns a `Chart` that fits its container on a page and 640 pixels as a picture.
"""
