"""What the experiment computes is what it says: the tests that need no report."""

import numpy as np
from study.experiment import Config, points, train


def test_the_descent_ends_at_the_closed_form() -> None:
    config, (x, y) = Config(penalty=0.3), points()
    exact = np.linalg.solve(x[0].T @ x[0] / 50 + 0.3 * np.eye(40), x[0].T @ y[0] / 50)
    np.testing.assert_allclose(train(config, (x, y), seed=0).weights["w"], exact, atol=1e-6)
