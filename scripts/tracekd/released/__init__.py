"""Generations that a run scores but does not make: those of the paper's authors, or of the user."""
