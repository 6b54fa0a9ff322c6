"""Problem 1: is a sentence positive or negative? A convolution over word embeddings."""
