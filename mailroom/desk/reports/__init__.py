"""Report mails: the week, the morning, and what shadow rules differ in."""
