"""How things look on a page: amounts and times, charts, choices, forms."""
