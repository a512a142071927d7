"""The migrations, in order. A landed one is never edited."""
