"""HTTP as such: what a request and an answer are, how they are listened for, how a path finds its handler."""
