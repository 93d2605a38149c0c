"""Adapters: 4-bit LoRA fine-tuning, and the generations of a model with or without one."""
