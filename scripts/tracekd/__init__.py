"""Trace-based knowledge distillation: questions, verified traces, adapters, generations, scores."""
