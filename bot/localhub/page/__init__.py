"""The web page of the local GitHub: rendered on the server from the world, changed by the world's acts.

It keeps nothing of its own but one cookie that names the acting person. Everything from users is data.
"""

from bot.localhub.page.build import routes

__all__ = ["routes"]
