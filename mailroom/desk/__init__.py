"""The use cases: gather (reads), decide (pure), record (writes). Opens transactions."""
