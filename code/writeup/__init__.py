"""The engine: results, proofs, figures, templates and typesetting for reports that are functions of runs."""
