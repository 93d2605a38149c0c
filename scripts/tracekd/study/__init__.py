"""The human study: people rate how interpretable traces are and what they cost to read."""
