"""The watcher: the process without privileges that follows logs and finds failures in them."""
