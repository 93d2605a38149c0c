"""The experiment: set traces crossed with contexts, and what they do to the log-odds of an answer."""
