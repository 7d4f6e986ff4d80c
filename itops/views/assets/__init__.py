"""The register's pages: the list, one asset, writing it, ledgers in and out."""
