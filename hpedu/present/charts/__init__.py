"""Draw the chart forms of the reports: `trend` over years, `stacked` parts by year.

Each takes a tidy frame and returns a `Chart`, whose picture is drawn as wide as it is needed.
"""
