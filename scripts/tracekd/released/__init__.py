"""Released generations of the paper: where they are, how they are fetched, and how they become our records."""
