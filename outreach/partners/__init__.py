"""Reading partner lists: bytes of a CSV or XLSX in, checked rows and every error out."""
