"""The HTTP front: verify a delivery, make an event of it, queue it, answer. Makes no call to GitHub."""
