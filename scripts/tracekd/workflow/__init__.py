"""What a run consists of: its checked configuration and what its rules read and write."""
