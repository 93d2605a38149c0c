"""The model that writes R1 traces, summaries and explanations: asked, cached, never over budget."""
