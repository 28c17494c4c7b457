"""Who is told what: the table of letters, its guards and its budgets."""
