"""Problem 4: a generative adversarial network of digits."""
