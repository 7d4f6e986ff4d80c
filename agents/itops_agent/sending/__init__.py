"""Getting reports from the spool to the server: connection, message, answer, patience."""
