"""The sizes of the whole: `full` is the homework, `quick` runs the four problems on the real data, shortened,
`smoke` the whole line on generated stand-in data. What a preset changes stands with each problem's settings.
"""

from collections.abc import Mapping

from assignment3.cvae import settings as cvae
from assignment3.gan import settings as gan
from assignment3.shared.settings import Changes
from assignment3.siamese import settings as siamese
from assignment3.text_cnn import settings as text_cnn
from writeup.declare import Preset

# Declared, and not recorded yet: the full report leaves them out until they are.
UNRECORDED: tuple[str, ...] = (
    "text_cnn_normal_start",
    "text_cnn_masked",
    "text_cnn_like_length",
    "text_cnn_tuned",
    "siamese_all_pairs",
    "siamese_augmented",
    "cvae_binarised",
    "cvae_guided",
    "cvae_larger",
    "gan_handout",
    "gan_twenty",
    "gan_penalty",
    "gan_falling",
    "gan_beta2",
    "gan_tuned",
)
PROBLEMS = text_cnn, siamese, cvae, gan


def together(name: str) -> dict[str, Changes]:
    """The changes of one preset, of all problems, by part."""
    return {part: changes for one in PROBLEMS for part, changes in getattr(one, name).items()}


def presets(parts: list[str]) -> Mapping[str, Preset]:
    """By name. `quick` leaves out the parts whose settings say nothing of it: those with one change each."""
    quick = {"digits": {"epochs": 1}, **together("QUICK")}
    smoke = {"digits": {"epochs": 2}, **together("SMOKE")}
    return {
        "full": Preset(without=UNRECORDED),
        "quick": Preset(
            mark="preset quick: shortened training",
            seeds=1,
            without=tuple(name for name in parts if name not in quick),
            changes=quick,
        ),
        "smoke": Preset(mark="generated stand-in data", seeds=1, standins=True, changes=smoke),
    }
