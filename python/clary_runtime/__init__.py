"""What runs inside a job or behind an endpoint. Standard library alone, Python 3.7 and later, and quick to import:
a job must not wait for us. The environment's own packages (numpy) are imported where they are used."""
