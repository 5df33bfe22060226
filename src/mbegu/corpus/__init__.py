"""From the user's files to clean documents with their papers, split into train and held-out."""
