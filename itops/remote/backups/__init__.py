"""Reading backups to their last byte, and restoring dumps where they can do no harm."""
