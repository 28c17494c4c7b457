"""Old mail in, whole desks out and in again."""
