"""The command `msklink`: show and steer what MSKLink does to the MSK clusters of a Region."""

from typing import Final

__version__: Final = "0.1.0.dev0"
"""That of the project, in template.yaml, as PEP 440 writes it."""
