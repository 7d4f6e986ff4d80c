"""`itops demo story`: the whole loop played in minutes, with real parts on this machine."""
