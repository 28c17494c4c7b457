"""What we say, pure: letters from templates, and who is told."""
