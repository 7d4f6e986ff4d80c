"""Makes `itops_agent.pyz` from this folder: python3 agents/build_pyz.py OUT [PSUTIL_WHEEL …]."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from itops_agent.installing.packing import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
