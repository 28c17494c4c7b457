"""Mailroom: a helpdesk that lives in e-mail, with its service levels kept as code."""

__version__ = "0.1.0"
