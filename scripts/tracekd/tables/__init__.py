"""Tables: per-item scores in; CSV with exact numbers, Markdown and LaTeX for readers out."""
