"""Roadcrew: a GitHub App that keeps an organisation's golden paths paved."""

__version__ = "0.1.0"
