"""A ticket's life, pure: its model, its events, how it moves and whom it answers."""
