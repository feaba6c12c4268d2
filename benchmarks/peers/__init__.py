"""What people would pick instead, one file each: how it is brought along, and how it runs."""
