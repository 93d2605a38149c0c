"""Base models: how they are built, loaded and identified."""
