"""Agents' commands: checked all together, carried out or refused, told line by line."""
