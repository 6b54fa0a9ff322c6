"""Problem 2: Siamese networks that learn embeddings of faces."""
