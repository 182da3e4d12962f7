"""A frozen revision as files to hand over: workbook, JSON, and the FDA's electronic sortable spreadsheet. One object behind all."""
