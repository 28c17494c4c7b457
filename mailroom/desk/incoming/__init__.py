"""What becomes of a mail: who speaks, which ticket, which use case."""
