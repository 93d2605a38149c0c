"""Models: tiny base models that are pre-trained here, so that the demo needs no download."""
