"""Puts what the workers' tests share on the path, as scripts/fuzz does."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "workers"))
