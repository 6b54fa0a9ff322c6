"""What several problems declare together: the images of digits, and the classifier that judges samples."""

from assignment3.data import mnist
from assignment3.shared.settings import Digits
from writeup.declare import Data, Part

MNIST = Data(
    "mnist",
    load="assignment3.data.mnist:load",
    digest="assignment3.data.mnist:digest",
    sha256=mnist.SHA256,
    standin="assignment3.data.standins:mnist",
    source="assignment3.data.mnist:SOURCE",
)
judge = Part(
    "digits",
    Digits(),
    MNIST,
    "assignment3.shared.digits",
    derive="assignment3.shared.checks:derive",
    possible="assignment3.shared.checks:possible",
)
