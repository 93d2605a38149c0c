"""Statistics: whether a right trace goes with a right answer, how strongly, and what the data cannot say."""
