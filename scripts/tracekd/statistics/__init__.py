"""Statistics: is a right trace associated with a right answer, how strongly, and what can the data not say."""
