"""The register of assets: stated, listed, imported, taken along."""
