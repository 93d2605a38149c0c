"""Typed settings: one class for each section of a configuration."""
