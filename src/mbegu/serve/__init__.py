"""Out to the people: a model and documents, offered to many from one computer without internet."""
