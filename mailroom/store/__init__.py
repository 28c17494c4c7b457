"""All SQL of the house: one contract, its SQLite form, numbered migrations."""
