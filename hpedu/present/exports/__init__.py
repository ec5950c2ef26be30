"""Hand the tables of a report to others: workbook, data package, input form."""
