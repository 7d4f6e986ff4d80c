"""The log that can be trusted: guards in the database, verification, cuts, seals."""
