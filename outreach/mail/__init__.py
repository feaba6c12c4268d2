"""Mail: wording, message assembly, header guard, SMTP transport, reply classes."""
