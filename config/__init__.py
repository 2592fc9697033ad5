"""What users tune: the YAML defaults and the typed loader."""
