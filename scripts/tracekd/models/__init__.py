"""Base models: fetched from the hub, or tiny ones trained in the workflow; loaded in 4 bits."""
