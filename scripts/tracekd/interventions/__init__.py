"""Answers after prefilled traces: what is set, and what the answer makes of it."""
