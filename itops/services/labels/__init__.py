"""Labels on devices: their codes, and the sheets they are printed on."""
