"""How well promises were kept: figures and pages out of what is recorded. Reads only."""
