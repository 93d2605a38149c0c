"""Where files come from: one idea for datasets and models, with mirror, checksums and locks."""
