"""The content: four deep-learning problems, their data, their mathematics and their report."""
