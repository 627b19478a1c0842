"""Storage: facts become rows of SQLite and back; knows no stage."""
