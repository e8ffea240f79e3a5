"""One module a library, or a family of one shape: tables and nothing else."""
