"""Traces: arms, the builder, the independent verifier and what a prompt looks like."""
