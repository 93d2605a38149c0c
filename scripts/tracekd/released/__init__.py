"""Released generations of the paper: where they are, how they are fetched, how they become records."""
