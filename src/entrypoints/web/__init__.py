"""The web service: the JSON API and the hosted pages, as one Litestar application."""
