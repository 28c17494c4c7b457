"""What the web's pages show, and their few writes."""
