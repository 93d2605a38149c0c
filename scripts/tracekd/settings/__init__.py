"""The configuration of a run, checked before any job exists."""
