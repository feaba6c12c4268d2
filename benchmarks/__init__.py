"""`make bench`: how fast it is, beside what people would pick instead. See __main__.py."""
