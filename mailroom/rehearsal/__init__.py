"""Rule sets tried before they are live: tests, explanations, history. Writes nothing."""
