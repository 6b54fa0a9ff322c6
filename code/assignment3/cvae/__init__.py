"""Problem 3: the conditional variational autoencoder of digits."""
