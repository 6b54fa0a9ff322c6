"""What the problems share: the digit classifier, scores of samples, quoted numbers, table cells."""
