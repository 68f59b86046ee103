"""Build the command with the rules that it shares with the functions, layers/core/msklink."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

RULES = "../layers/core/msklink"


class AddRules(BuildHookInterface[Any]):
    def initialize(self, _: str, build_data: dict[str, Any]) -> None:
        """Add the rules from the repository, or from the sdist where that is what is built."""
        unpacked = Path(self.root, "src", "msklink")
        source = str(unpacked if unpacked.is_dir() else Path(self.root, RULES).resolve())
        in_sdist = self.target_name == "sdist"
        build_data["force_include"][source] = "src/msklink" if in_sdist else "msklink"
