"""Tables: per-item scores in; CSV with exact numbers, Markdown for readers and LaTeX for papers out."""
