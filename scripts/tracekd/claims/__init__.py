"""The published numbers: the ledger, what a run says about each, and the findings in words."""
