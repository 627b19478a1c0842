"""Sources: bytes of log files, journal and standard input become batches of whole lines."""
