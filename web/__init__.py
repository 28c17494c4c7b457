"""The pages: a customer's status page, and a desk view for agents (Flask)."""
